"""Reads a request's body within its limits of size and time, before anything parses it."""

from __future__ import annotations

import asyncio

from fastapi import Request

from clinic_terminal.errors import TerminalError

BODY_SECONDS = 30.0


async def read_body(request: Request, max_bytes: int, seconds: float = BODY_SECONDS) -> bytes:
    """The body.

    Raises TerminalError `request-too-large` before the rest of it is read, `request-timeout`; ClientDisconnect.
    """
    declared = request.headers.get("content-length", "0")
    if not declared.isascii() or not declared.isdigit() or len(declared) > len(str(max_bytes)):
        raise TerminalError("request-too-large")
    if int(declared) > max_bytes:
        raise TerminalError("request-too-large")
    try:
        async with asyncio.timeout(seconds):
            return await _read(request, max_bytes)
    except TimeoutError:
        raise TerminalError("request-timeout") from None


async def _read(request: Request, max_bytes: int) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > max_bytes:
            raise TerminalError("request-too-large")
    return bytes(body)
