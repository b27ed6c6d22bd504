"""Around every request: an id, a line in the journal, a measurement, a limit. Plain ASGI, so that it costs little."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import structlog
from prometheus_client import Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.db_errors import RETRY_AFTER_SECONDS
from eligibility_api.platform.telemetry import REQUESTS, SECONDS
from eligibility_api.web.problems import problem_response

log = structlog.get_logger()

MOST_REQUESTS = 512
"""So many requests a worker takes on at a time: what it answers in less than a second where it is quick."""

_REQUEST_ID_BYTES = 9

_GONE = 499
"""In the journal, of a request that nobody answered because nobody waits any more (a number of nginx's)."""

_TURNS = 2
"""Of the loop, after which it is known that a connection was closed: that is read after what was sent over it."""


class Journal:
    """Gives each request an id, and tells its route, status, code and milliseconds; never its content.

    A fault that nobody expected ends here: told by type and place, answered as `internal`, and never passed on to a
    server that would write its text, in which a person's values may stand.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        state: dict[str, Any] = scope.setdefault("state", {})
        state["request_id"] = secrets.token_urlsafe(_REQUEST_ID_BYTES)
        own = [(b"x-request-id", state["request_id"].encode())]
        if scope["path"].startswith("/v1/"):
            own.append((b"cache-control", b"no-store"))
        status: int | None = None

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *own]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            log.error("internal", request_id=state["request_id"], cause=type(error).__name__, exc_info=error)
            problem = problem_response(Request(scope), ShikakuError("internal"))
            if status is None:
                await problem(scope, receive, watched)
            status = status or 500
        finally:
            _tell(scope, state, status or _GONE, time.perf_counter() - started)


def _tell(scope: Scope, state: dict[str, Any], status: int, seconds: float) -> None:
    # The route's template, not the path: what a caller types into a URL stays out of log and metrics.
    route = getattr(scope.get("route"), "path", "(none)")
    code = state.get("problem_code", "")
    requests, took = _meters(route, status, code)
    requests.inc()
    took.observe(seconds)
    log.info(
        "request",
        request_id=state["request_id"],
        method=scope["method"],
        route=route,
        status=status,
        code=code,
        ms=round(seconds * 1000, 2),
    )


@cache
def _meters(route: str, status: int, code: str) -> tuple[Counter, Histogram]:
    """The two meters of answers of a kind; there are as many kinds as routes, statuses and codes."""
    return REQUESTS.labels(route, str(status), code), SECONDS.labels(route)


class Intake:
    """Where a worker has much to do, nothing is done for who has gone meanwhile; where too much, nobody more is let in.

    After a restart or a silence, the connections that wait to be accepted are answered in their order, the oldest first:
    where these were given up long ago, all work would be in vain, and the next ones would be given up while it is done.
    And whoever were let in beyond what can be answered in time would only make all wait until none is: it is refused as
    `overloaded`, before anything is done for it.
    """

    def __init__(self, app: ASGIApp, spare: int, most: int = MOST_REQUESTS) -> None:
        """With `spare` requests at work or fewer it is not looked: nobody has waited. `most` may be at work."""
        self._app = app
        self._spare = spare
        self._most = most
        self._at_work = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._at_work >= self._most and scope["path"].startswith("/v1/"):
            refusal = ShikakuError("overloaded", retry_after=RETRY_AFTER_SECONDS)
            await problem_response(Request(scope), refusal)(scope, receive, send)
            return
        self._at_work += 1
        try:
            if self._at_work > self._spare:
                await self._if_there(scope, receive, send)
            else:
                await self._app(scope, receive, send)
        finally:
            self._at_work -= 1

    async def _if_there(self, scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        first: Message | None = await receive()
        if first is not None and first["type"] == "http.disconnect":
            return

        async def given() -> Message:
            nonlocal first
            message, first = first, None
            return message if message is not None else await receive()

        await self._app(scope, given, send)


class BodyLimit:
    """Refuses a body that announces, or turns out to have, more bytes than the limit, before it is parsed.

    `larger` are the exact paths that take more, and how much.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, larger: Mapping[str, int]) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        max_bytes = self._larger.get(scope["path"], self._max_bytes)
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > max_bytes:
            refusal = problem_response(Request(scope), ShikakuError("request-too-large"))
            await refusal(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > max_bytes:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)
