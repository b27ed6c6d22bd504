"""What is done for every request: its id, the access log, the metrics. Limits are the server's (`web/server/`).

It is done in `AccessLog`, which is plain ASGI and costs less per request than the framework's own middleware class, or
by the server's protocol for the requests that it answers directly.
"""

from __future__ import annotations

import secrets
import time
from functools import cache
from typing import Any

import structlog
from prometheus_client import Counter, Histogram
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.platform.telemetry import DURATION, REQUESTS, RequestLine
from eligibility_api.web.problems import problem_response

log = structlog.get_logger()

_REQUEST_ID_BYTES = 9

_CLIENT_CLOSED_REQUEST = 499
"""Status logged for a request whose client disconnected before it was answered (nginx's convention)."""


class Account:
    """One request as it is accounted for: its id, and its time.

    An unexpected exception ends here: it is logged by type and place, and answered as `internal`. It does not
    reach the server, which would log its text, and that text may contain a person's data.
    """

    __slots__ = ("_began", "_request_id", "_scope", "_state")

    def __init__(self, scope: Scope) -> None:
        """Assign the request of `scope` its id."""
        self._began = time.perf_counter()
        self._scope = scope
        self._request_id = secrets.token_urlsafe(_REQUEST_ID_BYTES)
        self._state: dict[str, Any] = scope.setdefault("state", {})
        self._state["request_id"] = self._request_id

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers that its response has in addition to its own."""
        own = [(b"x-request-id", self._request_id.encode())]
        if self._scope["path"].startswith(("/v1/", "/fhir/")):
            own.append((b"cache-control", b"no-store"))
        return own

    def failed(self, error: Exception) -> Response:
        """Log an unexpected exception; returns the response to the request."""
        log.error("internal", request_id=self._request_id, cause=type(error).__name__, exc_info=error)
        return problem_response(Request(self._scope), ShikakuError("internal"))

    def close(self, status: int | None) -> None:
        """Log the request's route, status, error code and milliseconds, never its content; count it.

        `status`: None if its client disconnected before.
        """
        _log_request(
            self._scope, self._state, status or _CLIENT_CLOSED_REQUEST, time.perf_counter() - self._began
        )


class AccessLog:
    """Accounts for each request that the application answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        account = Account(scope)
        own = account.headers()
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
            problem = account.failed(error)
            if status is None:
                await problem(scope, receive, watched)
            status = status or 500
        finally:
            account.close(status)


def _log_request(scope: Scope, state: dict[str, Any], status: int, seconds: float) -> None:
    # The route's template, not the path: text that a caller puts into a URL must not reach log or metrics.
    route = scope.get("root_path", "") + getattr(scope.get("route"), "path", "(none)")
    requests, duration, line = _accounts(scope["method"], route, status, state.get("problem_code", ""))
    requests.inc()
    duration.observe(seconds)
    line.log(state["request_id"], round(seconds * 1000, 2))


@cache
def _accounts(method: str, route: str, status: int, code: str) -> tuple[Counter, Histogram, RequestLine]:
    """Return counter, histogram and log line of one method, route, status and code.

    The cache is bounded by their combinations: the server's parser refuses unknown methods.
    """
    requests, duration = REQUESTS.labels(route, str(status), code), DURATION.labels(route)
    return requests, duration, RequestLine(method, route, status, code)
