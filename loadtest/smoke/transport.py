"""The transport of the fund's client over Locust's HTTP session, so that Locust measures every request."""

from __future__ import annotations

from typing import Any, Protocol

import httpx2


class LocustResponse(Protocol):
    """The used part of Locust's response; status 0 if there was none."""

    @property
    def status_code(self) -> int:
        """HTTP status."""
        ...

    @property
    def content(self) -> bytes | None:
        """The decoded body."""
        ...


class LocustSession(Protocol):
    """The used part of `locust.contrib.fasthttp.FastHttpSession`."""

    def request(self, method: str, url: str, name: str | None = None, **options: Any) -> LocustResponse:
        """Send a request, wait for the response and report its duration to Locust under `name`."""
        ...


class LocustTransport(httpx2.BaseTransport):
    """Follows no redirect: it might lead to another machine."""

    def __init__(self, session: LocustSession) -> None:
        self._session = session

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request. Raises httpx2.ConnectError if there was no response."""
        sent = ("Authorization", "Content-Type")
        answer = self._session.request(
            request.method,
            str(request.url),
            name=request.url.path,
            data=request.read(),
            headers={name: request.headers[name] for name in sent if name in request.headers},
            allow_redirects=False,
        )
        if answer.status_code == 0:
            raise httpx2.ConnectError("no answer", request=request)
        return httpx2.Response(answer.status_code, content=answer.content or b"")
