"""The checks that come before every page: who connects, which host and origin, how large the body is.

A page of another site may neither read nor send anything: the host is compared (DNS rebinding), and a request that
changes something must come from a page of this server. By default the server is for browsers on the same machine;
one for the public names its own origin.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'none'; connect-src 'self';"
        b" form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    # Not `no-referrer`: with it, browsers would send a form without its origin.
    (b"referrer-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
"""The headers of every response: nothing inline, nothing from elsewhere, in no frame."""

MAX_BODY_BYTES = 64 * 1024
_SAFE = frozenset({"GET", "HEAD"})
_METHODS = _SAFE | {"POST"}
_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


class Guard:
    """ASGI middleware with these checks. Every response gets `SECURITY_HEADERS` and, unless cached, `no-store`."""

    def __init__(
        self,
        app: ASGIApp,
        larger_bodies: Mapping[str, int] | None = None,
        *,
        origin: Callable[[], str | None] | None = None,
    ) -> None:
        """`larger_bodies`: the maximum size of a body by path; of all others it is `MAX_BODY_BYTES`.

        `origin`: of a server for the public, its scheme and host, such as `https://fund.example`; None from it:
        nothing is served. Without `origin` the server is for this machine.
        """
        self._app = app
        self._larger_bodies = larger_bodies or {}
        self._origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, and pass it on or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # no WebSockets
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        limit = self._larger_bodies.get(scope["path"], MAX_BODY_BYTES)
        status = self._refusal(scope, headers, limit)
        if status is not None:
            await PlainTextResponse(f"{status}\n", status)(scope, receive, _with_headers(send))
            return
        await self._app(scope, _Limited(receive, limit), _with_headers(send))

    def _refusal(self, scope: Scope, headers: Mapping[str, str], limit: int) -> int | None:
        """The status with which a request is refused, if it is."""
        method = scope["method"]
        origin = self._own_origin(scope, headers.get("host", ""))
        if origin is None:
            return 403
        if method not in _METHODS:
            return 405
        if method not in _SAFE and not _is_same_origin(headers, origin):
            return 403
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdecimal()):
            return 400
        return 413 if int(length[:20]) > limit else None

    def _own_origin(self, scope: Scope, host: str) -> str | None:
        """The origin of this server's pages, if the request is for it."""
        if self._origin is not None:
            origin = self._origin()
            return origin if origin is not None and urlsplit(origin).netloc == host.lower() else None
        is_here = _is_loopback(scope.get("client")) and _is_own_host(host, scope.get("server"))
        return f"{scope['scheme']}://{host}" if is_here else None


def _is_loopback(client: tuple[str, int] | None) -> bool:
    try:
        return client is not None and ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False


def _is_own_host(host: str, server: tuple[str, int | None] | None) -> bool:
    """Whether a Host header names this machine by a loopback name and this server's port."""
    try:
        parts = urlsplit(f"//{host}")
        port = parts.port or 80
    except ValueError:
        return False
    return parts.hostname in _HOSTS and parts.username is None and server is not None and port == server[1]


def _is_same_origin(headers: Mapping[str, str], origin: str) -> bool:
    """Whether a page of this server sent the request; every browser says so of a form and a script."""
    return headers.get("sec-fetch-site", "same-origin") == "same-origin" and headers.get("origin") == origin


class BodyTooLarge(Exception):
    """A body without a length turned out to be larger than its limit."""


class _Limited:
    """Counts the bytes of a body, whatever length its header states."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._left = limit

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise BodyTooLarge
        return message


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", ()), *SECURITY_HEADERS]
            if not any(name.lower() == b"cache-control" for name, _ in headers):
                headers.append((b"cache-control", b"no-store"))
            message = {**message, "headers": headers}
        await send(message)

    return sending
