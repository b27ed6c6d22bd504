"""Answers that the protocol sends itself, without ASGI: their bytes are those that uvicorn writes for the framework."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from starlette.responses import Response
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

DirectAnswer = Callable[[Scope, bytes], Awaitable[Response] | None]
"""Returns the answer to a complete request with this body; None if it is left to the application.

The answer may raise any exception.
"""

Header = tuple[bytes, bytes]


def response_bytes(
    response: Response, default_headers: Iterable[Header], own_headers: Iterable[Header], *, keeps_alive: bool
) -> bytes:
    """A response with a body of known length: the server's headers, its own, and those of each request."""
    lines = [STATUS_LINE[response.status_code]]
    for headers in (default_headers, response.raw_headers, own_headers):
        for name, value in headers:
            lines += (name, b": ", value, b"\r\n")
    lines += (b"\r\n" if keeps_alive else b"connection: close\r\n\r\n", bytes(response.body))
    return b"".join(lines)
