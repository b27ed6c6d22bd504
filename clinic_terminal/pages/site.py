"""The site of the terminal's screens: its paths, folders of templates and words, and what every page needs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from jinja2 import pass_context
from jinja2.runtime import Context

from clinic_terminal.clock import JAPAN
from clinic_terminal.console.notices import day_in_japanese
from clinic_terminal.desk_keys import read_keys, shown
from clinic_terminal.exchange.operator import DeskRole
from clinic_terminal.pages.desk.asking import Asking
from clinic_terminal.pages.desk.batch import Batch
from clinic_terminal.pages.desk.consultations import OnlineConsents
from clinic_terminal.pages.desk.state import TerminalState
from clinic_terminal.pages.desk.todays_list import TodaysList
from clinic_terminal.pages.history.reading import Readings
from clinic_terminal.pages.reader.service import ReaderScreen
from clinic_terminal.pages.reader.shelf import Shelf
from clinic_terminal.pages.session import DeskSession
from clinic_terminal.pages.terminal import PagesTerminal
from clinic_terminal.store.records import Visit
from eligibility_api.contract.days import in_era
from screens.operators import Operators
from screens.rendering import Display
from screens.web.site import RoleRequired, Site

OPERATORS_FILE = "operators.json"
MAX_SESSIONS = 16
READER_PATH = "/reader"

_FOLDER = Path(__file__).parent
_WORDS = (_FOLDER / "words", *sorted(_FOLDER.glob("*/words")))
_OWN_PATH = r"/(?:desk|reader|history|operators)(?:/[A-Za-z0-9_-]{1,64}){0,4}"


class Pages(Site[DeskSession]):
    """The site over one terminal."""

    def __init__(
        self,
        terminal: PagesTerminal,
        *,
        ticks: Callable[[], float] = time.monotonic,
        shelf: Shelf | None = None,
    ) -> None:
        """`ticks`: monotonic seconds. `shelf`: of a demo, whose reader is then the terminal's."""
        keys = read_keys(terminal.settings.desk_keys)
        super().__init__(
            name="terminal",
            root="",
            first_page="/desk",
            own_path=_OWN_PATH,
            operators=Operators(terminal.settings.home / OPERATORS_FILE),
            open_session=DeskSession.of,
            words=_WORDS,
            templates=_FOLDER / "templates",
            capacity=MAX_SESSIONS,
            filters={
                "moment": moment,
                "clock_time": clock_time,
                "era_day": shown_day,
                "day": ja_day,
                # With the context, so that no compiled template holds the keys of one site.
                "key": pass_context(lambda _context, action: keys[action]),
                "shown_key": shown,
            },
            ticks=ticks,
            idle_seconds=60.0 * terminal.settings.idle_minutes,
        )
        self.terminal = terminal
        self.ticks = ticks
        self.readings = Readings(ticks)
        self.asking = Asking(terminal, ticks)
        self.state = TerminalState(terminal, ticks)
        self.todays_list = TodaysList(terminal.store, self.asking)
        self.batch: Batch | None = None
        self._batch_lock = threading.Lock()
        self.online = OnlineConsents(terminal, ticks)
        self.reader = ReaderScreen(terminal, ticks)
        self.shelf = shelf

    def close(self) -> None:
        """Wait for the questions that were sent, and close the clients of the fund."""
        if self.batch is not None:
            self.batch.stop()
        self.asking.close()
        self.terminal.funds.close()

    def display_of(self, request: Request) -> Display:
        """How this browser's person wants to see the pages; at the reader, in the language of its screen."""
        display = super().display_of(request)
        if not is_at_reader(request):
            return display
        return replace(display, language=self.reader.shown.position.language)

    def visit(self, visit_id: str) -> Visit | None:
        """Today's visit with this id, also one that the store could not keep."""
        return self.asking.unkept(visit_id) or self.terminal.store.visit(visit_id)

    def begin_batch(self, table: Sequence[Mapping[str, str]], day: date) -> bool:
        """Send a table of appointments as one batch; False while another one is under way."""
        with self._batch_lock:
            if self.batch is not None and not self.batch.done:
                return False
            self.batch = Batch(self.terminal, table, day, self.ticks)
            self.batch.start()
            return True

    def today(self) -> date:
        """The day in Japan."""
        return self.terminal.clock().astimezone(JAPAN).date()


def is_at_reader(request: Request) -> bool:
    """Whether a request is from the patients' screen."""
    return request.url.path.startswith(READER_PATH)


def current_pages(request: Request) -> Pages:
    """The site of an application."""
    site: Pages = request.app.state.site
    return site


def current_session(request: Request) -> DeskSession:
    """The operator who is logged in. Raises LogInRequired."""
    return current_pages(request).require_session(request)


def administrator(request: Request) -> DeskSession:
    """The administrator who is logged in. Raises LogInRequired, RoleRequired."""
    session = current_session(request)
    if session.role is not DeskRole.ADMINISTRATOR:
        raise RoleRequired
    return session


ThisSite = Annotated[Pages, Depends(current_pages)]
Session = Annotated[DeskSession, Depends(current_session)]
Administrator = Annotated[DeskSession, Depends(administrator)]


def moment(instant: datetime) -> str:
    """An instant as tables have it, in Japan's time: 2026-11-30 14:05."""
    return f"{instant.astimezone(JAPAN):%Y-%m-%d %H:%M}"


def clock_time(instant: datetime) -> str:
    """The time of an instant in Japan: 14:05."""
    return f"{instant.astimezone(JAPAN):%H:%M}"


def era_day(day: date) -> str:
    """A day as forms have it, with era and ISO: 昭和54年11月2日（1979-11-02）."""
    return f"{in_era(day)}（{day.isoformat()}）"


@pass_context
def shown_day(context: Context, day: date) -> str:
    """A day as forms of the display's language have it: with era and ISO, in English ISO 8601 alone."""
    return era_day(day) if context["display"].language == "ja" else day.isoformat()


def ja_day(day: date, language: str) -> str:
    """A day inside a sentence: 2026年11月30日, or ISO 8601."""
    return day_in_japanese(day) if language == "ja" else day.isoformat()
