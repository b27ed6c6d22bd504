"""A limit on the size of request bodies, for every route, before anything is parsed."""

from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jpki_mock.service.problems import problem


class BodyLimit:
    """ASGI middleware: answers 413 once more bytes are announced or arrive than the limit allows."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._announces_too_much(scope):
            await problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)(scope, receive, send)
            return
        body = await self._read(receive)
        if body is None:
            await problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    def _announces_too_much(self, scope: Scope) -> bool:
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        return not announced.isdigit() or int(announced) > self._limit

    async def _read(self, receive: Receive) -> bytes | None:
        body = bytearray()
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._limit:
                return None
        return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body read before, then whatever comes next."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
