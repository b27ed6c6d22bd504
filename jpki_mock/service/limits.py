"""Limits the size of request bodies of all routes, before parsing."""

import math
from collections.abc import Mapping
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jpki_mock.service.problems import problem

_MAX_CONTENT_LENGTH_DIGITS = 18
"""Maximum number of digits of a Content-Length."""


class BodyLimit:
    """ASGI middleware: responds 413 if the announced or received size exceeds the limit."""

    def __init__(self, app: ASGIApp, limit: int, larger: Mapping[str, int]) -> None:
        """`limit` in bytes; `larger` has higher limits by path."""
        self._app = app
        self._limit = limit
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._larger.get(scope["path"], self._limit)
        if _announced(scope) > limit:
            await problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)(scope, receive, send)
            return
        body = await _read(receive, limit)
        if body is None:
            await problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)


def _announced(scope: Scope) -> float:
    """The Content-Length of a request, 0 if absent, infinite if invalid."""
    announced = dict(scope["headers"]).get(b"content-length", b"0")
    return (
        int(announced) if announced.isdigit() and len(announced) <= _MAX_CONTENT_LENGTH_DIGITS else math.inf
    )


async def _read(receive: Receive, limit: int) -> bytes | None:
    """The body, or None if it is larger than `limit`."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > limit:
            return None
    return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that returns the body read before, then further messages."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay
