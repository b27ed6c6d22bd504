"""Blocking clients of a fund in this process, for programs that run in a worker thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import httpx2
from anyio import from_thread, to_thread

Result = TypeVar("Result")


class InProcessTransport(httpx2.BaseTransport):
    """Blocking transport to an ASGI application in this process, for a client in a worker thread."""

    def __init__(self, application: Any) -> None:
        self._application = httpx2.ASGITransport(application, raise_app_exceptions=False)
        self.last = b""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return from_thread.run(self._exchange, request)

    async def _exchange(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._application.handle_async_request(request)
        self.last = await response.aread()
        return httpx2.Response(response.status_code, headers=response.headers, content=self.last)


async def in_thread(function: Callable[[], Result]) -> Result:
    """What a blocking function returns, in a worker thread."""
    return await to_thread.run_sync(function)
