"""What the screens use of the terminal that they belong to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from clinic_terminal.card.channel import CardConnection
from clinic_terminal.card.pcsc import Reader
from clinic_terminal.settings import TerminalSettings
from clinic_terminal.store import TerminalStore
from clinic_terminal.visit.tap import TapOutcome, TapRequest
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.trace_context import one_trace

Result = TypeVar("Result")


class Funds:
    """Clients of the fund, each used by one thread at a time, and signed in for the next one."""

    def __init__(self, open_fund: Callable[[], FundClient]) -> None:
        self._open_fund = open_fund
        self._idle: list[FundClient] = []
        self._lock = threading.Lock()

    def call(self, function: Callable[[FundClient], Result]) -> Result:
        """The result of a call with a client of the caller's own. Raises ShikakuError."""
        with self._lock:
            client = self._idle.pop() if self._idle else None
        if client is None:
            client = self._open_fund()
        try:
            with one_trace():
                return function(client)
        finally:
            with self._lock:
                self._idle.append(client)

    def close(self) -> None:
        """Close the clients that nobody uses."""
        with self._lock:
            idle, self._idle = self._idle, []
        for client in idle:
            client.__exit__()


@dataclass(frozen=True, slots=True)
class PagesTerminal:
    """The terminal: its settings, store and clients of the fund; its reader, and what a tap leaves behind.

    `open_card`: the reader's card, waited for so many seconds. `keep_tap`: the visit, the consent and the face
    file of an outcome; errors are shown, never raised. `folders`: the root of the exchange, if there is one.
    """

    settings: TerminalSettings
    store: TerminalStore
    funds: Funds
    clock: Callable[[], datetime]
    list_readers: Callable[[], list[Reader]]
    open_card: Callable[[str | None, float], CardConnection]
    keep_tap: Callable[[TapOutcome, datetime, TapRequest], None]
    reader: str | None = None
    folders: Path | None = None
