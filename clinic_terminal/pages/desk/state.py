"""Whether reader, fund, exchange folders and revocation information are in order (D9), with cause and remedy."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from clinic_terminal.bilingual import Bilingual
from clinic_terminal.pages.terminal import PagesTerminal
from clinic_terminal.store.last_notice import LastNotice
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.notice import Downtime

log = logging.getLogger(__name__)

REFRESH_SECONDS = 10.0
"""How old a reading may be before the next one begins."""


@dataclass(frozen=True, slots=True)
class StateItem:
    """One part: its name, whether it is in order, the key of its word, and what is known beyond it.

    `name`: `reader`, `fund`, `folders`, `revocation`. `detail`: such as the reader's name or milliseconds.
    `cause`: the catalogue's sentence and code where the part reported an error. `age_seconds`: of what it knows.
    `downtime`: the planned one that has begun, by the last notice, where the fund cannot be reached.
    """

    name: str
    ok: bool
    word: str
    detail: str = ""
    cause: Bilingual | None = None
    code: str = ""
    age_seconds: int | None = None
    downtime: Downtime | None = None

    @property
    def remedy(self) -> str:
        """The key of what to do."""
        return f"condition.do-{self.name}"


@dataclass(frozen=True, slots=True)
class Reading:
    """The parts, and how many seconds ago they were looked at; no part before the first look."""

    items: Sequence[StateItem] = ()
    age: int = 0

    @property
    def ok(self) -> bool:
        """Whether every part is in order."""
        return all(item.ok for item in self.items)


class TerminalState:
    """The last reading. A thread looks again when it is old, so that no page waits for a part that does not answer."""

    def __init__(self, terminal: PagesTerminal, ticks: Callable[[], float]) -> None:
        """`ticks`: monotonic seconds."""
        self._terminal, self._ticks = terminal, ticks
        self._notice = LastNotice(terminal.settings.home)
        self._last: tuple[Sequence[StateItem], float] | None = None
        self._looking = threading.Lock()

    def read(self) -> Reading:
        """The last reading, which may begin the next one."""
        last = self._last
        is_old = last is None or self._ticks() - last[1] > REFRESH_SECONDS
        if is_old and self._looking.acquire(blocking=False):
            threading.Thread(target=self._look, name="terminal-state", daemon=True).start()
        return Reading() if last is None else Reading(last[0], int(self._ticks() - last[1]))

    def refresh(self) -> None:
        """Look at every part now, and keep the reading."""
        with self._looking:
            self._last = (self.look(), self._ticks())

    def look(self) -> Sequence[StateItem]:
        """Look at every part now."""
        return [self._reader(), *self._fund(), *self._folders()]

    def _look(self) -> None:
        try:
            self._last = (self.look(), self._ticks())
        except Exception as error:
            log.error("the state could not be read: %s", type(error).__name__)
        finally:
            self._looking.release()

    def _reader(self) -> StateItem:
        wanted = self._terminal.reader
        try:
            names = [one.name for one in self._terminal.list_readers() if wanted in (None, one.name)]
        except ShikakuError as error:
            return _failed("reader", error)
        if not names:
            return StateItem("reader", False, "condition.no-reader")
        return StateItem("reader", True, "condition.ok", names[0])

    def _fund(self) -> list[StateItem]:
        """The fund, and how fresh its revocation information is."""
        began = self._ticks()
        try:
            readiness = self._terminal.funds.call(lambda fund: fund.readiness())
        except ShikakuError as error:
            downtime = self._notice.downtime(self._terminal.clock())
            fund = replace(_failed("fund", error), downtime=downtime)
            return [fund, StateItem("revocation", False, "condition.unknown")]
        milliseconds = round((self._ticks() - began) * 1000)
        self._fetch_notice()
        fund = StateItem(
            "fund", readiness.ready, "condition.ok" if readiness.ready else "condition.not-ready"
        )
        fund = StateItem(fund.name, fund.ok, fund.word, f"{milliseconds} ms")
        fresh = readiness.revocation_mirror
        age = readiness.revocation_age_seconds
        word = "condition.fresh" if fresh else "condition.stale"
        return [fund, StateItem("revocation", fresh, word, age_seconds=age)]

    def _fetch_notice(self) -> None:
        """Keep the fund's notice for when it cannot be reached; a fund without one is in order too."""
        try:
            self._notice.keep(self._terminal.funds.call(lambda fund: fund.status_notice()))
        except ShikakuError as error:
            log.info("no notice: %s", error.code)

    def _folders(self) -> list[StateItem]:
        root = self._terminal.folders
        if root is None:
            return []
        missing = [name for name in ("req", "res", "face") if not (Path(root) / name).is_dir()]
        if missing:
            return [StateItem("folders", False, "condition.no-folder", ", ".join(missing))]
        return [StateItem("folders", True, "condition.ok")]


def _failed(name: str, error: ShikakuError) -> StateItem:
    sentence = Bilingual(error.entry.ja, error.entry.en)
    return StateItem(name, False, "condition.failed", cause=sentence, code=error.code)
