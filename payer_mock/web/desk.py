"""The state of the enrolment desk, and what every page of it needs."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import httpx2
from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from eligibility_api.contract.errors import ErrorKind, ShikakuError
from payer_mock.clock import now
from payer_mock.web.filters import FILTERS
from payer_mock.web.keys import OpenKey
from payer_mock.web.sent_files import SentFiles
from screens.operators import Operators
from screens.rendering import Display, Renderer
from screens.texts import Texts
from screens.web.assets import Assets
from screens.web.attempts import Attempts
from screens.web.events import Streams
from screens.web.sessions import IDLE_SECONDS, Sessions

ROOT = "/enrolment"
SESSION_COOKIE, DISPLAY_COOKIE = "enrolment-session", "enrolment-display"

_FOLDER = Path(__file__).parent
_OWN_PATH = re.compile(r"/enrolment(?:/[a-z0-9-]{1,64}){0,4}")


class LogInRequired(Exception):
    """Nobody is logged in; the log-in page leads back to `path`."""

    def __init__(self, path: str) -> None:
        super().__init__("log-in required")
        self.path = path


class RoleRequired(Exception):
    """The action belongs to the other person's key."""


class Desk:
    """Everything that the pages share. One person at a time is logged in, so that two keys are never open."""

    def __init__(
        self,
        home: Path,
        fund_url: str,
        *,
        make_transport: Callable[[], httpx2.BaseTransport] = httpx2.HTTPTransport,
        clock: Callable[[], datetime] = now,
        ticks: Callable[[], float] = time.monotonic,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """`home`: the folder of operators and sent files. `ticks`: monotonic seconds."""
        self.operators = Operators(home / "operators.json")
        self.sent_files = SentFiles(home / "sent-files.jsonl")
        self.sessions: Sessions[OpenKey] = Sessions(
            capacity=1, clock=ticks, on_end=OpenKey.close, idle_seconds=idle_seconds
        )
        self.attempts = Attempts(ticks)
        self.streams = Streams(ticks)
        self.assets = Assets(f"{ROOT}/assets")
        self.clock, self.ticks = clock, ticks
        self.fund_url, self.make_transport = fund_url, make_transport
        self.renderer = Renderer(
            Texts.load(_FOLDER / "words"),
            _FOLDER / "templates",
            asset_url=self.assets.url,
            filters=FILTERS,
        )

    def log_in(self, name: str, password: str) -> str | None:
        """The token of a new session, which ends any other one; None for a wrong name or password.

        Raises OperatorsError.
        """
        opened = self.operators.log_in(name, password)
        if opened is None:
            return None
        operator, secret = opened
        # The other person's key is dropped before this one is used.
        self.sessions.end_all()
        return self.sessions.open(
            operator.name, OpenKey(operator, secret, self.fund_url, self.make_transport)
        )

    def is_sending(self) -> bool:
        """Whether a file is on its way to the fund, with a key that must stay open until it is sent."""
        return any(
            key.sending is not None and key.sending.state == "sending" for key in self.sessions.values()
        )


def current_desk(request: Request) -> Desk:
    """The desk of an application."""
    desk: Desk = request.app.state.desk
    return desk


def current_key(request: Request) -> OpenKey:
    """The key of the person who is logged in. Raises LogInRequired."""
    is_input = not request.url.path.endswith("/events")
    key = current_desk(request).sessions.find(request.cookies.get(SESSION_COOKIE), is_input=is_input)
    if key is None:
        raise LogInRequired(request.url.path if request.method == "GET" else ROOT)
    return key


AtDesk = Annotated[Desk, Depends(current_desk)]
Key = Annotated[OpenKey, Depends(current_key)]


def display_of(request: Request) -> Display:
    """How this browser's person wants to see the pages."""
    chosen = request.cookies.get(DISPLAY_COOKIE, "")[:100]
    return Display.of(dict(part.split(":", 1) for part in chosen.split(".") if ":" in part))


def page(
    request: Request, template: str, key: OpenKey | None, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """A page for the person who is logged in, if anybody is."""
    desk = current_desk(request)
    done = key.take_report() if key is not None else None
    html = fragment(request, template, key=key, done=done, idle_seconds=desk.sessions.idle_seconds, **values)
    return HTMLResponse(html, status)


def fragment(request: Request, template: str, **values: Any) -> str:
    """A template's text in the browser's language."""
    return current_desk(request).renderer.render(
        template, display_of(request), root=ROOT, path=own_path(request.url.path), **values
    )


def failure_of(error: ShikakuError) -> dict[str, Any]:
    """What `_failure.html` shows: a technical failure is never shown as a refusal."""
    kind = "technical" if error.entry.kind is ErrorKind.TECHNICAL else "fund"
    return {"kind": kind, "code": error.code, "sentence": (error.entry.ja, error.entry.en)}


def own_path(path: str) -> str:
    """A path of this desk, or its first page if the path is not one."""
    return path if _OWN_PATH.fullmatch(path) else ROOT


def redirect(path: str) -> RedirectResponse:
    """Let the browser get another page after an action."""
    return RedirectResponse(path, 303)
