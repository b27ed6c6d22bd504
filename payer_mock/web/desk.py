"""The state of the enrolment desk, and what every page of it needs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import httpx2
from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from eligibility_api.contract.errors import ErrorKind, ShikakuError
from payer_mock.clock import now
from payer_mock.web.filters import FILTERS
from payer_mock.web.keys import OpenKey, Role
from payer_mock.web.sending import SendingState
from payer_mock.web.sent_files import SentFiles
from screens.operators import Operator, Operators
from screens.web.sessions import IDLE_SECONDS
from screens.web.site import Site

ROOT = "/enrolment"

_FOLDER = Path(__file__).parent


class Desk(Site[OpenKey]):
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
        super().__init__(
            name="enrolment",
            root=ROOT,
            first_page=ROOT,
            own_path=r"/enrolment(?:/[a-z0-9-]{1,64}){0,4}",
            operators=Operators(home / "operators.json"),
            open_session=self._open_key,
            end_session=OpenKey.close,
            words=[_FOLDER / "words"],
            templates=_FOLDER / "templates",
            filters=FILTERS,
            capacity=1,
            ticks=ticks,
            idle_seconds=idle_seconds,
        )
        self.sent_files = SentFiles(home / "sent-files.jsonl")
        self.clock, self.ticks = clock, ticks
        self.fund_url, self.make_transport = fund_url, make_transport
        self._logging_in = threading.Lock()

    def log_in(self, name: str, password: str) -> str | None:
        """The token of a new session; None for a wrong name or password. Raises OperatorsError.

        One log-in at a time: a key that is open belongs to a session, which the next log-in ends before it opens its own.
        """
        with self._logging_in:
            return super().log_in(name, password)

    def _open_key(self, operator: Operator, secret: bytes) -> OpenKey:
        # The other person's key is dropped before this one is opened.
        self.sessions.end_all()
        return OpenKey(operator, secret, self.fund_url, self.make_transport)

    def refusal(self) -> str | None:
        """While a file is on its way to the fund, its key must stay open, and nobody else may log in."""
        return "login.sending" if self.is_sending() else None

    def is_sending(self) -> bool:
        """Whether a file is on its way to the fund."""
        return any(
            key.sending is not None and key.sending.state is SendingState.SENDING
            for key in self.sessions.values()
        )


def current_desk(request: Request) -> Desk:
    """The desk of an application."""
    desk: Desk = request.app.state.site
    return desk


def current_key(request: Request) -> OpenKey:
    """The key of the person who is logged in. Raises LogInRequired."""
    return current_desk(request).require_session(request)


def sender_key(request: Request) -> OpenKey:
    """The key of the sender who is logged in: only hers has the right to members. Raises LogInRequired, RoleRequired."""
    key = current_key(request)
    key.require(Role.SENDER)
    return key


AtDesk = Annotated[Desk, Depends(current_desk)]
Key = Annotated[OpenKey, Depends(current_key)]
SenderKey = Annotated[OpenKey, Depends(sender_key)]


def page(
    request: Request, template: str, key: OpenKey | None, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """A page for the person who is logged in, if anybody is."""
    return current_desk(request).page(request, template, key, status=status, **values)


def fragment(request: Request, template: str, **values: Any) -> str:
    """A part of a page."""
    return current_desk(request).fragment(request, template, **values)


def failure_of(error: ShikakuError) -> dict[str, Any]:
    """What `_failure.html` shows: a technical failure is never shown as a refusal."""
    kind = "technical" if error.entry.kind is ErrorKind.TECHNICAL else "fund"
    return {"kind": kind, "code": error.code, "sentence": (error.entry.ja, error.entry.en)}
