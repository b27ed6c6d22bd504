"""A worker that is offered more than it can do refuses new visits soon, and completes those under way."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Receive, Scope, Send

from eligibility_api.web.server.request_kind import LOOK_UP, RequestKind
from tests.builders.real_server import Answer, RealServer, real_server, request

pytestmark = pytest.mark.anyio

STEPS = ("/challenge", "/check", "/consent")
VISITS = 400


def kind_of(path: str) -> RequestKind:
    """Of the steps of a visit all but the first continue it."""
    return RequestKind(LOOK_UP, continues_visit=not path.startswith(STEPS[0]))


class OneAtATime:
    """An application that works for two milliseconds on each request, one after the other."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        async with self._lock:
            await asyncio.sleep(0.002)
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]},
        )
        await send({"type": "http.response.body", "body": b""})


async def visit(server: RealServer, number: int, at: float) -> list[tuple[Answer, float]]:
    """The steps of a visit from an address of its own, from an instant until one is refused: responses and latencies."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(at)
    client = await server.connect(f"127.0.{1 + number // 200}.{1 + number % 200}")
    answers = []
    for step in STEPS:
        began = loop.time()
        await client.send(request("GET", f"{step}/{number}"))
        answers.append((await client.answer(), loop.time() - began))
        if answers[-1][0].status != 200:
            break
    return answers


async def test_new_visits_are_refused_soon_and_those_under_way_completed() -> None:
    async with (
        real_server(OneAtATime(), max_requests=256, max_connections=1_000, kind_of=kind_of) as server,
        asyncio.timeout(60),
    ):
        visits = await asyncio.gather(*(visit(server, n, n * 0.001) for n in range(VISITS)))
        assert server.admission.requests.in_progress == server.admission.requests.waiting == 0
    completed = [steps for steps in visits if len(steps) == len(STEPS) and steps[-1][0].status == 200]
    refused = [steps for steps in visits if steps[0][0].status == 503]
    assert len(completed) > 20
    assert len(refused) > VISITS / 4
    broken = VISITS - len(completed) - len(refused)
    assert broken <= len(completed) / 20  # hardly any was refused once it was under way
    assert {steps[0][0].headers["retry-after"] for steps in refused} == {"1"}
