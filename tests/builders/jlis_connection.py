"""The fund's connection to J-LIS in tests: it can be cut, and its responses recorded and replaced."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx2
from fastapi import FastAPI


@dataclass
class JlisConnection:
    """A connection to the J-LIS application `app` without a socket."""

    app: FastAPI
    cut: bool = False
    """Every request fails to connect."""
    missing: bool = False
    """Every request is answered 404, as by a web server without the application."""
    replaced: dict[str, bytes] = field(default_factory=dict)
    """Response bodies by a part of the path; they replace the application's."""
    responses: dict[str, bytes] = field(default_factory=dict)
    """The last body by the path's first segment."""

    def reset(self) -> None:
        """Work normally again."""
        self.cut = self.missing = False
        self.replaced.clear()

    def transport(self) -> httpx2.AsyncBaseTransport:
        """A transport over this connection."""
        return _Transport(self)


class _Transport(httpx2.AsyncBaseTransport):
    def __init__(self, connection: JlisConnection) -> None:
        self._connection = connection
        self._app = httpx2.ASGITransport(connection.app)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        connection = self._connection
        if connection.cut:
            raise httpx2.ConnectError("the connection is cut")
        if connection.missing:
            return httpx2.Response(404, html="<h1>Not Found</h1>", request=request)
        for part, content in connection.replaced.items():
            if part in request.url.path:
                return httpx2.Response(200, content=content, request=request)
        response = await self._app.handle_async_request(request)
        connection.responses[request.url.path.split("/")[1]] = await response.aread()
        return response
