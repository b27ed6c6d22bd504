"""The fund's client on Locust's fast HTTP session, so that Locust measures every request of it."""

from __future__ import annotations

from typing import Any, Protocol

import httpx2


class FastAnswer(Protocol):
    """What is used of Locust's response; status 0 where there was none."""

    @property
    def status_code(self) -> int:
        """HTTP status."""
        ...

    @property
    def content(self) -> bytes | None:
        """The decoded body."""
        ...


class FastSession(Protocol):
    """What is used of `locust.contrib.fasthttp.FastHttpSession`."""

    def request(self, method: str, url: str, name: str | None = None, **options: Any) -> FastAnswer:
        """Send, wait for the answer and tell Locust how long it took, under `name`."""
        ...


class FastTransport(httpx2.BaseTransport):
    """Follows no redirection: it might lead to another machine."""

    def __init__(self, session: FastSession) -> None:
        self._session = session

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request. Raises httpx2.ConnectError where no answer came."""
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
