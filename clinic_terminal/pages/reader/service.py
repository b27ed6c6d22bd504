"""Watches the card reader and taps, in one thread; the pages show its position and answer its questions."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from clinic_terminal.card.errors import CardError
from clinic_terminal.outcome import GivenUpError
from clinic_terminal.pages.reader import journey
from clinic_terminal.pages.reader.endings import ending_of, ending_of_problem
from clinic_terminal.pages.reader.journey import BEFORE_PIN, WAITING_FOR_STAFF, Choice, Position, Step
from clinic_terminal.pages.reader.prompts import ScreenPrompts
from clinic_terminal.pages.terminal import PagesTerminal
from clinic_terminal.timings import Stopwatch
from clinic_terminal.visit.consent import ConsentProposal
from clinic_terminal.visit.information import asked_for
from clinic_terminal.visit.tap import TapOutcome, TapRequest, tap
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Care
from eligibility_api.contract.consent_versions import Language
from eligibility_api.contract.errors import ShikakuError

_log = logging.getLogger(__name__)

POLL_SECONDS = 0.1
"""Between two looks whether a card is in the reader."""

_JOIN_SECONDS = 5.0


class StripState(StrEnum):
    """The reader, as the desk's strip shows it."""

    IDLE = "idle"
    IN_USE = "in-use"
    STAFF_CALLED = "staff-called"
    CARD_LEFT = "card-left"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Strip:
    """The reader's state, and since when."""

    state: StripState
    since: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """What the screen shows. `version` changes with the position; a button of an older one does nothing."""

    position: Position
    version: int
    seconds: float


class ReaderScreen:
    """The reader of one terminal. `ticks`: monotonic seconds; `poll_seconds`: for tests."""

    def __init__(
        self, terminal: PagesTerminal, ticks: Callable[[], float], poll_seconds: float = POLL_SECONDS
    ) -> None:
        self._terminal = terminal
        self._ticks = ticks
        self._poll_seconds = poll_seconds
        self._changed = threading.Condition()
        self._position = journey.IDLE
        self._version = 0
        self._touched = self._began = ticks()
        self._pin: str | None = None
        self._operator: str | None = None
        self._ended = False
        self._strip = Strip(StripState.IDLE, terminal.clock())

    @property
    def shown(self) -> Shown:
        """What the screen shows now."""
        with self._changed:
            return Shown(self._position, self._version, self._ticks() - self._touched)

    @property
    def strip(self) -> Strip:
        """The reader's state for the desk."""
        with self._changed:
            state = _strip_state(self._position, self._ticks() - self._touched)
            if state is not self._strip.state:
                self._strip = Strip(state, self._terminal.clock())
            return self._strip

    def choose(self, version: int, choice: Choice, pin: str | None = None) -> None:
        """A button was pressed. A PIN stays here until the card has it, and only where the screen asks for one."""
        with self._changed:
            if self._position.step is not Step.WORKING:  # whose time is that of the fund
                self._touched = self._ticks()
            if choice is Choice.TOUCH or (version != self._version and choice not in journey.FROM_BAR):
                return
            after = journey.choose(self._position, choice)
            if after.pin_sent and not self._position.pin_sent:
                self._pin = pin or ""
            self._set(after)

    def visual_check(self, operator: str) -> bool:
        """An operator has compared the face of the person whose card waits; False if no card waits for it."""
        with self._changed:
            if self._position.step not in BEFORE_PIN | WAITING_FOR_STAFF or self._operator is not None:
                return False
            self._operator = operator
            if self._position.step in BEFORE_PIN:
                self._set(journey.choose(self._position, Choice.STAFF))
            self._changed.notify_all()
            return True

    @contextmanager
    def running(self) -> Iterator[None]:
        """Watch the reader until the end of the block."""
        thread = threading.Thread(target=self._watch, name="reader", daemon=True)
        thread.start()
        try:
            yield
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()
            thread.join(_JOIN_SECONDS)

    # -- the screen of the prompts

    def ask(self, question: Callable[[Position], Position]) -> Position:
        """Show a question and wait for its answer. Raises CardError `card-removed`, GivenUpError."""
        with self._changed:
            self._set(question(self._position))
        while True:
            with self._changed:
                if self._ended:
                    raise GivenUpError
                if self._position.reply is not None:
                    return self._position
            if not self._has_card():
                raise CardError("card-removed")
            self._pause()

    def take_pin(self) -> str:
        """The PIN that was typed; it is forgotten here."""
        with self._changed:
            pin, self._pin = self._pin, None
        return pin or ""

    # -- the thread

    def _watch(self) -> None:
        while not self._ended:
            try:
                if self._has_card():
                    self._serve()
                else:
                    self._show_idle()
            except CardError:
                self._move(journey.no_reader)
            except Exception as error:  # the thread goes on: the next patient has a reader
                _log.error("a tap failed: %s", type(error).__name__)
                self._move(
                    lambda position: journey.finish(position, ending_of_problem(ShikakuError("internal")))
                )
                with suppress(CardError):
                    self._wait_for_removal()
            self._pause()

    def _show_idle(self) -> None:
        """The screen of a card that was taken stays for its time."""
        with self._changed:
            over = self._ticks() - self._touched >= journey.linger_seconds(self._position)
            if self._position.step is Step.READER:
                self._set(journey.reader_back(self._position))
            elif self._position.step is not Step.IDLE and over:
                self._set(journey.IDLE)

    def _serve(self) -> None:
        """Serve the card that is in the reader, until it is out."""
        with self._changed:
            self._operator = self._pin = None
            self._began = self._ticks()
            self._set(journey.card_in(self._position))
        operator: str | None = None
        while True:
            ending = self._tap(operator)
            self._move(lambda position, ending=ending: journey.finish(position, ending))  # type: ignore[misc]
            operator = self._wait_for_staff()
            if operator is None:
                break
            self._move(journey.work)
        self._wait_for_removal()

    def _wait_for_removal(self) -> None:
        """Wait until the card is out; the screen stays for its time from then on, or from the end of the tap."""
        was_in = False
        while self._has_card() and not self._ended:
            was_in = True
            self._pause()
        with self._changed:
            self._pin = self._operator = None
            if was_in:
                self._touched = self._ticks()

    def _tap(self, operator: str | None) -> Position:
        """One tap; what it leaves is kept. A failure of the connection is known before anything is asked."""
        terminal = self._terminal
        try:
            outcome = terminal.funds.call(lambda fund: self._tap_with(fund, operator))
        except ShikakuError as problem:
            return ending_of_problem(problem)
        finally:
            with self._changed:
                self._pin = None
        terminal.keep_tap(outcome, terminal.clock(), TapRequest(operator=operator))
        return ending_of(outcome)

    def _tap_with(self, fund: FundClient, operator: str | None) -> TapOutcome:
        terminal = self._terminal
        fund.sign_in()
        categories = asked_for(terminal.settings.information)
        consent = ConsentProposal(categories, Care.OUTPATIENT) if categories else None
        request = TapRequest(operator=operator, consent=consent, language=self._language_of_words)
        prompts = ScreenPrompts(self, terminal.settings.shuffle_pin)
        connection = terminal.open_card(terminal.reader, 0)
        return tap(connection, fund, prompts, request, Stopwatch())

    def _language_of_words(self) -> Language:
        """The language of a consent that is asked for now: that of the screen. Another one for the screen leaves it."""
        with self._changed:
            language = self._position.language
            self._set(replace(self._position, words_language=language))
            return language

    def _wait_for_staff(self) -> str | None:
        """The operator of a visual check; None if nobody waits for one, or the card was taken."""
        while not self._ended:
            with self._changed:
                if self._position.step not in WAITING_FOR_STAFF:
                    return None
                if self._operator is not None:
                    operator, self._operator = self._operator, None
                    return operator
            if not self._has_card():
                return None
            self._pause()
        return None

    def _has_card(self) -> bool:
        """Raises CardError `reader-missing` or `reader-service-missing`."""
        readers = self._terminal.list_readers()
        named = [reader for reader in readers if self._terminal.reader in (None, reader.name)]
        if not named:
            raise CardError("reader-missing")
        return any(reader.has_card for reader in named)

    def _pause(self) -> None:
        with self._changed:
            self._changed.wait(self._poll_seconds)
            now = self._ticks()
            self._set(journey.wait(self._position, now - self._touched, now - self._began))

    def _move(self, to: Callable[[Position], Position]) -> None:
        with self._changed:
            self._set(to(self._position))

    def _set(self, position: Position) -> None:
        """Show another position; the caller has the lock."""
        if position == self._position:
            return
        if position.step is not self._position.step or position.more != self._position.more:
            self._touched = self._ticks()
        self._position = position
        self._version += 1
        self._changed.notify_all()


def _strip_state(position: Position, seconds: float) -> StripState:
    """The state of a screen that has been shown for so many seconds."""
    step = journey.shown(position, seconds)
    if journey.asks_staff(position, step):
        return StripState.STAFF_CALLED
    if step is Step.READER:
        return StripState.FAILED
    if step is Step.IDLE:
        return StripState.IDLE
    return StripState.CARD_LEFT if position.left else StripState.IN_USE
