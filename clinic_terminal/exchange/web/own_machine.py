"""Refuses what a web page in a browser on this machine can send.

A page of any site can send requests to a loopback address. Its browser adds `Origin` to each one that could do
anything; a page that points its own name at the loopback address (DNS rebinding) is known by the `Host`.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.web.failures import failure

_NAMES = ("127.0.0.1", "localhost", "[::1]")
_DEFAULT_PORTS = (80, 443)


class OwnMachineOnly:
    """ASGI middleware: only requests to a loopback name and this port, and none from a web page."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = {f"{name}:{port}" for name in _NAMES}
        if port in _DEFAULT_PORTS:
            self._hosts |= set(_NAMES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        if scope["type"] == "http" and not self._is_own(Headers(scope=scope)):
            await failure(TerminalError("web-page-refused"))(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_own(self, headers: Headers) -> bool:
        hosts = [host.lower() for host in headers.getlist("host")]
        return len(hosts) == 1 and hosts[0] in self._hosts and "origin" not in headers
