"""The reader's screen over cards of the test and a fake fund, with its pages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from pydantic import AnyHttpUrl

from clinic_terminal.card.channel import CardConnection
from clinic_terminal.card.errors import CardError
from clinic_terminal.card.pcsc import Reader
from clinic_terminal.pages.reader.journey import Step
from clinic_terminal.pages.reader.service import ReaderScreen
from clinic_terminal.pages.reader.shelf import Shelf
from clinic_terminal.pages.site import Pages
from clinic_terminal.pages.terminal import Funds, PagesTerminal
from clinic_terminal.settings import TerminalSettings
from clinic_terminal.store import TerminalStore
from clinic_terminal.visit.tap import TapOutcome, TapRequest
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Information
from tests.builders import cards
from tests.builders.clinic import samples
from tests.builders.clinic.fake_fund import FakeFund

ALL_INFORMATION = frozenset(Information)
WAIT_SECONDS = 10.0
_POLL_SECONDS = 0.01


@dataclass
class ReaderRig:
    """A terminal's reader: what is in it, what the fund answers, and what taps left.

    `opens`: powers the card that is in the reader; None: there is none. `fault`: of the reader itself. `seconds`: added to
    the clock of the screens. `reads`: how often somebody read which readers there are.
    """

    home: Path
    fund: FakeFund = field(default_factory=FakeFund)
    opens: Callable[[], CardConnection] | None = None
    fault: CardError | None = None
    seconds: float = 0.0
    reads: int = 0
    kept: list[TapOutcome] = field(default_factory=list)
    pages: Pages = field(init=False)

    def place(self, opens: Callable[[], CardConnection]) -> None:
        """Put a card in the reader."""
        self.opens = opens

    def take(self) -> None:
        """Take the card out."""
        self.opens = None

    def empty(self) -> None:
        """Take the card out, and let time pass until the screen waits for the next one."""
        self.take()
        deadline = time.monotonic() + WAIT_SECONDS
        while self.pages.reader.shown.position.step is not Step.IDLE:
            assert time.monotonic() < deadline, "the screen does not wait for a card"
            self.later(20)
            time.sleep(_POLL_SECONDS)

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds

    def passes(self, reads: int = 3) -> None:
        """Wait until the reader has been read so often again."""
        deadline, until = time.monotonic() + WAIT_SECONDS, self.reads + reads
        while self.reads < until:
            assert time.monotonic() < deadline, "nobody reads at the reader"
            time.sleep(0.001)

    def kept_after(self, number: int) -> list[TapOutcome]:
        """What the taps left, as soon as there are so many."""
        deadline = time.monotonic() + WAIT_SECONDS
        while len(self.kept) < number:
            assert time.monotonic() < deadline, "no tap ended"
            time.sleep(0.005)
        return self.kept

    def ticks(self) -> float:
        """The clock of the screens."""
        return time.monotonic() + self.seconds

    # -- the terminal

    def list_readers(self) -> list[Reader]:
        self.reads += 1
        if self.fault is not None:
            raise self.fault
        return [Reader("Test Reader", self.opens is not None)]

    def open_card(self, _reader: str | None, _wait_seconds: float) -> CardConnection:
        opens = self.opens
        if opens is None:
            raise CardError("card-missing")
        return _InReader(self, opens, opens())

    def keep(self, outcome: TapOutcome, _at: datetime, _request: TapRequest) -> None:
        self.kept.append(outcome)


class _InReader:
    """A card's connection until another, or none, is in the reader."""

    def __init__(self, rig: ReaderRig, opens: Callable[[], CardConnection], card: CardConnection) -> None:
        self._rig, self._opens, self._card = rig, opens, card
        self.reader_name = "Test Reader"

    def transmit(self, apdu: bytes, /) -> bytes:
        if self._rig.opens is not self._opens:
            raise ConnectionResetError
        return self._card.transmit(apdu)

    def close(self) -> None:
        self._card.close()


@contextmanager
def reader_rig(
    home: Path,
    *,
    shuffle_pin: bool = False,
    information: frozenset[Information] = ALL_INFORMATION,
    shelf: Shelf | None = None,
    **more: Any,
) -> Iterator[ReaderRig]:
    """A rig whose reader is watched. `more`: other settings of the terminal."""
    rig = ReaderRig(home)
    settings = TerminalSettings(
        credential=home / "none.json",
        fund_url=AnyHttpUrl(samples.AUDIENCE),
        home=home,
        shuffle_pin=shuffle_pin,
        information=information,
        **more,
    )
    known = samples.credential(
        cards.p256_key(7),
        cards.terminal_certificate(
            start=datetime(2000, 1, 1, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC)
        ),
    )

    def open_fund() -> FundClient:
        transport = httpx2.MockTransport(lambda request: rig.fund.transport().handle_request(request))
        return FundClient(samples.AUDIENCE, known, clock=lambda: samples.NOW, transport=transport)

    with TerminalStore.open(home / "store") as store:
        terminal = PagesTerminal(
            settings,
            store,
            Funds(open_fund),
            lambda: samples.NOW,
            shelf.list_readers if shelf else rig.list_readers,
            shelf.open_card if shelf else rig.open_card,
            rig.keep,
        )
        rig.pages = Pages(terminal, ticks=rig.ticks, shelf=shelf)
        rig.pages.reader = ReaderScreen(terminal, rig.ticks, _POLL_SECONDS)
        yield rig
