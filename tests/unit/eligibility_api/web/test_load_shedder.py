"""Load shedding: an overloaded worker drops requests of disconnected clients and rejects new ones."""

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
    """An application that reads whole bodies, and may be blocked."""

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
    """The messages of a request; a disconnect as soon as the condition holds."""

    async def receive() -> Message:
        return LEFT if left() else LAST

    return receive


async def send(_: Message) -> None:
    raise AssertionError


async def asked(app: LoadShedder, *channels: Receive, served: Served) -> None:
    """Send requests at the same time; they finish once all that will start have started."""
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


async def test_without_load_disconnects_are_not_checked() -> None:
    served = Served()
    await asked(LoadShedder(served, min_in_flight=3), coming(LEFT), coming(LAST), served=served)
    assert sorted(served.bodies) == [b"", b"b"]


async def test_load_ends_with_the_requests_in_flight() -> None:
    served = Served()
    app = LoadShedder(served, min_in_flight=1)
    await asked(app, coming(LAST), coming(LAST), served=served)
    await app(SCOPE, coming(LEFT), send)
    assert served.bodies == [b"b", b"b", b""]


async def test_a_disconnect_in_the_event_loops_next_iteration_is_noticed() -> None:
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


async def test_other_events_than_requests_are_passed_on() -> None:
    await LoadShedder(Served(), min_in_flight=0)({"type": "lifespan"}, coming(), send)


async def test_above_the_maximum_new_requests_are_rejected_with_retry_after() -> None:
    served = Served()
    app = LoadShedder(served, min_in_flight=9, max_in_flight=2)
    sent: list[Message] = []

    async def record(message: Message) -> None:
        sent.append(message)

    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(app, dict(SCOPE), coming(LAST), send)
        await anyio.wait_all_tasks_blocked()
        await app(dict(SCOPE), coming(LAST), record)
        # The liveness probe is exempt.
        group.start_soon(app, {**SCOPE, "path": "/healthz"}, coming(LAST), send)
        await anyio.wait_all_tasks_blocked()
        served.go_on.set()
    assert len(served.bodies) == 3
    assert sent[0]["status"] == 503
    assert (b"retry-after", b"5") in sent[0]["headers"]
    assert b'"code":"overloaded"' in sent[1]["body"]
    await app(dict(SCOPE), coming(LAST), send)
    assert len(served.bodies) == 4
