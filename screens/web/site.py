"""A site: what the pages of one program share. Operators, sessions, display, rendering, own addresses."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from screens.operators import Operator, Operators
from screens.rendering import Display, Renderer
from screens.texts import Texts
from screens.web.assets import Assets
from screens.web.attempts import Attempts
from screens.web.events import Streams, Update, follow
from screens.web.sessions import IDLE_SECONDS, Sessions


class Session(Protocol):
    """Who is logged in, for the pages that every site has."""

    @property
    def name(self) -> str:
        """The operator's name."""
        ...

    def take_report(self) -> str | None:
        """The key of the text about what was done, which the next page shows once."""
        ...


SessionT = TypeVar("SessionT", bound=Session)


class LogInRequired(Exception):
    """Nobody is logged in; the log-in page leads back to `path`."""

    def __init__(self, path: str) -> None:
        super().__init__("log-in required")
        self.path = path


class RoleRequired(Exception):
    """The action belongs to another role."""


class Site(Generic[SessionT]):
    """The state of a site. Its templates extend `layout.html`, which extends `screens/site.html`."""

    def __init__(
        self,
        *,
        name: str,
        root: str,
        first_page: str,
        own_path: str,
        operators: Operators,
        open_session: Callable[[Operator, bytes], SessionT],
        words: Sequence[Path],
        templates: Path,
        capacity: int,
        end_session: Callable[[SessionT], None] = lambda _: None,
        filters: Mapping[str, Callable[..., Any]] | None = None,
        scale: Literal["desk", "phone", "reader"] = "desk",
        ticks: Callable[[], float] = time.monotonic,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """`name`: of its cookies. `root`: path before its log-in, display and static files, "" for none.

        `own_path`: regular expression of the paths that it may lead to. `ticks`: monotonic seconds.
        """
        self.root, self.first_page = root, first_page
        self.session_cookie, self.display_cookie = f"{name}-session", f"{name}-display"
        self.operators = operators
        self.attempts = Attempts(ticks)
        self.streams = Streams(ticks)
        self.assets = Assets(f"{root}/assets")
        self.sessions: Sessions[SessionT] = Sessions(
            capacity=capacity, clock=ticks, on_end=end_session, idle_seconds=idle_seconds
        )
        self.renderer = Renderer(
            Texts.load(*words), templates, asset_url=self.assets.url, filters=filters, scale=scale
        )
        self._own_path = re.compile(own_path)
        self._open_session = open_session

    def log_in(self, name: str, password: str) -> str | None:
        """The token of a new session; None for a wrong name or password. Raises OperatorsError."""
        opened = self.operators.log_in(name, password)
        if opened is None:
            return None
        operator, secret = opened
        return self.sessions.open(operator.name, self._open_session(operator, secret))

    def refusal(self) -> str | None:
        """The key of the text why nobody may log in now, or None."""
        return None

    def find_session(self, request: Request) -> SessionT | None:
        """The session of a request's browser; a stream of events is no input, and keeps no session open."""
        return self.sessions.find(request.cookies.get(self.session_cookie), is_input=not is_stream(request))

    def require_session(self, request: Request) -> SessionT:
        """The session of a request's browser. Raises LogInRequired."""
        session = self.find_session(request)
        if session is None:
            raise LogInRequired(request.url.path if request.method == "GET" else self.first_page)
        return session

    def stream(
        self, request: Request, fetch: Callable[[], Awaitable[Update]], every_seconds: float
    ) -> Response:
        """What `fetch` returns, as it changes, for the person who is logged in: the log-in page when her session ends."""

        async def fetch_for_session() -> Update:
            return await fetch() if self.find_session(request) is not None else self.to_log_in(request)

        return self.streams.respond(fetch_for_session, every_seconds)

    def to_log_in(self, request: Request) -> Update:
        """The last update of a stream whose session is over: the log-in page, which leads back to the stream's page."""
        page = urlsplit(request.headers.get("referer", "")).path
        return follow(f"{self.root}/login?next={self.own_path(page)}")

    def display_of(self, request: Request) -> Display:
        """How this browser's person wants to see the pages."""
        chosen = request.cookies.get(self.display_cookie, "")[:100]
        return Display.of(dict(part.split(":", 1) for part in chosen.split(".") if ":" in part))

    def own_path(self, path: str) -> str:
        """A path of this site, or its first page if the path is not one."""
        return path if self._own_path.fullmatch(path) else self.first_page

    def page(
        self, request: Request, template: str, session: SessionT | None, *, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """A page for the person who is logged in, if anybody is."""
        done = session.take_report() if session is not None else None
        html = self.fragment(
            request,
            template,
            session=session,
            done=done,
            idle_seconds=self.sessions.idle_seconds,
            **values,
        )
        return HTMLResponse(html, status)

    def fragment(self, request: Request, template: str, **values: Any) -> str:
        """A template's text in the browser's language."""
        path = self.own_path(request.url.path)
        return self.renderer.render(template, self.display_of(request), root=self.root, path=path, **values)

    def text(self, request: Request, key: str, **values: object) -> str:
        """A text in the browser's language."""
        return self.renderer.texts.get(self.display_of(request).language, key, **values)


def redirect(path: str) -> RedirectResponse:
    """Let the browser get another page after an action."""
    return RedirectResponse(path, 303)


def is_stream(request: Request) -> bool:
    """Whether a request is that of a script for server-sent events, which come without any input."""
    return request.url.path.endswith("/events")
