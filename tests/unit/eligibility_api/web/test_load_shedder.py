"""An overloaded worker drops requests of disconnected clients and rejects requests above its maximum."""

from __future__ import annotations

from collections.abc import Callable

import anyio
import pytest
from starlette.types import Message, Receive, Scope, Send

from eligibility_api.web.middleware import LoadShedder

pytestmark = pytest.mark.anyio

SCOPE: Scope = {"type": "http", "method": "POST", "path": "/v1/token", "headers": []}
FIRST: Message = {"type": "http.request", "body": b"a", "more_body": True}
LAST: Message = {"type": "http.request", "body": b"b", "more_body": False}
LEFT: Message = {"type": "http.disconnect"}


class Served:
    """An application that reads whole bodies, and can be blocked."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.go_on = anyio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message["more_body"]:
                break
        self.bodies.append(body)
        await self.go_on.wait()


def coming(*messages: Message) -> Receive:
    waiting = iter(messages)

    async def receive() -> Message:
        return next(waiting)

    return receive


def when(left: Callable[[], bool]) -> Receive:
    """A complete request, or a disconnect if the client has left by then."""

    async def receive() -> Message:
        return LEFT if left() else LAST

    return receive


async def send(_: Message) -> None:
    raise AssertionError


async def asked(app: LoadShedder, *channels: Receive, served: Served) -> None:
    """Run all requests at once; unblock the application when all of them have reached it."""
    async with anyio.create_task_group() as group:
        for receive in channels:
            group.start_soon(app, SCOPE, receive, send)
        await anyio.wait_all_tasks_blocked()
        served.go_on.set()


async def test_under_load_only_requests_of_disconnected_clients_are_dropped() -> None:
    served = Served()
    app = LoadShedder(served, min_in_flight=1)
    await asked(app, coming(FIRST, LAST), coming(LEFT), coming(FIRST, LAST), served=served)
    assert served.bodies == [b"ab", b"ab"]


async def test_without_load_connections_are_not_checked() -> None:
    served = Served()
    await asked(LoadShedder(served, min_in_flight=3), coming(LEFT), coming(LAST), served=served)
    assert sorted(served.bodies) == [b"", b"b"]


async def test_the_check_stops_when_the_load_ends() -> None:
    served = Served()
    app = LoadShedder(served, min_in_flight=1)
    await asked(app, coming(LAST), coming(LAST), served=served)
    await app(SCOPE, coming(LEFT), send)
    assert served.bodies == [b"b", b"b", b""]


async def test_a_connection_that_closes_in_the_next_loop_iteration_is_noticed() -> None:
    served, turns = Served(), 0

    async def turn() -> None:
        nonlocal turns
        for _ in range(5):
            turns += 1
            await anyio.sleep(0)

    async with anyio.create_task_group() as group:
        group.start_soon(turn)
        group.start_soon(LoadShedder(served, min_in_flight=0), SCOPE, when(lambda: turns > 1), send)
    assert served.bodies == []


async def test_other_scopes_are_passed_on() -> None:
    await LoadShedder(Served(), min_in_flight=0)({"type": "lifespan"}, coming(), send)


async def test_requests_above_the_maximum_are_rejected_with_retry_after() -> None:
    served = Served()
    app = LoadShedder(served, min_in_flight=9, max_in_flight=2)
    logged: list[Message] = []

    async def tell(message: Message) -> None:
        logged.append(message)

    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(app, dict(SCOPE), coming(LAST), send)
        await anyio.wait_all_tasks_blocked()
        await app(dict(SCOPE), coming(LAST), tell)
        # Liveness is checked all the same.
        group.start_soon(app, {**SCOPE, "path": "/healthz"}, coming(LAST), send)
        await anyio.wait_all_tasks_blocked()
        served.go_on.set()
    assert len(served.bodies) == 3
    assert logged[0]["status"] == 503
    assert (b"retry-after", b"5") in logged[0]["headers"]
    assert b'"code":"overloaded"' in logged[1]["body"]
    await app(dict(SCOPE), coming(LAST), send)
    assert len(served.bodies) == 4
