"""J-LIS as a fund with the fault `mismatch` finds it: its register identifies nobody."""

from __future__ import annotations

import json
from contextvars import ContextVar

import httpx2

_NOBODY = {"match": "none", "person_key": None}

matches_nobody: ContextVar[bool] = ContextVar("matches_nobody", default=False)
"""Whether the present request has the fault `mismatch`."""


class FaultyRegister(httpx2.AsyncBaseTransport):
    """A transport to J-LIS that answers for it where the fault says so."""

    def __init__(self, transport: httpx2.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer that nobody matches, or ask J-LIS."""
        if matches_nobody.get() and request.url.path == "/register/attributes":
            return httpx2.Response(
                200,
                content=json.dumps(_NOBODY),
                headers={"Content-Type": "application/json"},
                request=request,
            )
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections to J-LIS."""
        await self._transport.aclose()
