"""A limit on the size of request bodies, for every route, before anything is parsed."""

import math
from collections.abc import Mapping
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jpki_mock.service.problems import problem

_LONGEST_LENGTH = 18
"""Digits of an honest Content-Length."""


class BodyLimit:
    """ASGI middleware: answers 413 once more bytes are announced or arrive than the limit allows."""

    def __init__(self, app: ASGIApp, limit: int, larger: Mapping[str, int]) -> None:
        """`limit` in bytes; `larger` has the paths that may take more."""
        self._app = app
        self._limit = limit
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
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
    """The size that a request announces; one that is none is too much for every limit."""
    announced = dict(scope["headers"]).get(b"content-length", b"0")
    return int(announced) if announced.isdigit() and len(announced) <= _LONGEST_LENGTH else math.inf


async def _read(receive: Receive, limit: int) -> bytes | None:
    """The body, or None once it is larger than `limit`."""
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
    """Return a `receive` that gives the body read before, then whatever comes next."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
