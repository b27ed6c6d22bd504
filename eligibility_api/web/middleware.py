"""ASGI middleware for every request: request id, access log, metrics, load shedding, body limit.

It is plain ASGI, which costs less per request than the framework's own middleware class.
"""

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
from eligibility_api.platform.telemetry import DURATION, REQUESTS
from eligibility_api.web.problems import problem_response

log = structlog.get_logger()

MAX_IN_FLIGHT = 512
"""Maximum number of requests in flight per worker: as many as it answers in less than a second."""

_REQUEST_ID_BYTES = 9

_CLIENT_CLOSED_REQUEST = 499
"""Status logged for a request whose client disconnected before it was answered (nginx's convention)."""

_LOOP_ITERATIONS = 2
"""Event loop iterations after which a disconnect is detected: it is read after the request's bytes."""


class AccessLog:
    """Assigns each request an id, and logs its route, status, error code and milliseconds; never its content.

    An unexpected exception ends here: it is logged by type and place, and answered as `internal`. It does not
    reach the server, which would log its text, and that text may contain a person's data.
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
            _log_request(scope, state, status or _CLIENT_CLOSED_REQUEST, time.perf_counter() - started)


def _log_request(scope: Scope, state: dict[str, Any], status: int, seconds: float) -> None:
    # The route's template, not the path: text that a caller puts into a URL must not reach log or metrics.
    route = getattr(scope.get("route"), "path", "(none)")
    code = state.get("problem_code", "")
    requests, duration = _metrics(route, status, code)
    requests.inc()
    duration.observe(seconds)
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
def _metrics(route: str, status: int, code: str) -> tuple[Counter, Histogram]:
    """Return counter and histogram for one route, status and code.

    The cache is bounded by their combinations.
    """
    return REQUESTS.labels(route, str(status), code), DURATION.labels(route)


class LoadShedder:
    """Sheds load: drops requests of disconnected clients, and rejects new ones above `max_in_flight` (503).

    After a restart or a stall, waiting connections are accepted oldest first. If their clients have timed
    out, the work is wasted, and the next clients time out meanwhile. Requests beyond what can be answered in
    time would delay all others, so they are rejected as `overloaded` before any work is done.
    """

    def __init__(self, app: ASGIApp, min_in_flight: int, max_in_flight: int = MAX_IN_FLIGHT) -> None:
        """Disconnects are checked only above `min_in_flight` requests: below it, no request has waited."""
        self._app = app
        self._min_in_flight = min_in_flight
        self._max_in_flight = max_in_flight
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._in_flight >= self._max_in_flight and scope["path"].startswith("/v1/"):
            refusal = ShikakuError("overloaded", retry_after=RETRY_AFTER_SECONDS)
            await problem_response(Request(scope), refusal)(scope, receive, send)
            return
        self._in_flight += 1
        try:
            if self._in_flight > self._min_in_flight:
                await self._unless_disconnected(scope, receive, send)
            else:
                await self._app(scope, receive, send)
        finally:
            self._in_flight -= 1

    async def _unless_disconnected(self, scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(_LOOP_ITERATIONS):
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
    """Rejects a body whose announced or actual size exceeds the limit, before it is parsed.

    `larger` maps exact paths to their higher limits in bytes.
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
