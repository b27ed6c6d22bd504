"""Tomorrow's appointments in one batch (D7): sent in a thread, while the page shows how far it is."""

from __future__ import annotations

import csv
import io
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from clinic_terminal.bilingual import Bilingual
from clinic_terminal.errors import TerminalError
from clinic_terminal.pages.terminal import PagesTerminal
from clinic_terminal.queries.appointments import (
    Appointment,
    Appointments,
    ChangeStatus,
    PollPolicy,
    await_results,
    submit,
)
from clinic_terminal.queries.known_versions import VERSIONS_FILE, CorruptVersionsError, KnownVersions
from clinic_terminal.store.visits import new_visit_id
from eligibility_api.contract.batches import BatchState
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.errors import ShikakuError

log = logging.getLogger(__name__)

WAIT = timedelta(minutes=10)
"""How long the desk waits for the results of a batch."""

_FIRST_PAUSE, _MAX_PAUSE = 0.2, 2.0
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Batch:
    """One batch of appointments, from the table to its results. `problem`: why it ended without them.

    `batch_id`: random, for addresses.
    """

    def __init__(
        self,
        terminal: PagesTerminal,
        table: Sequence[Mapping[str, str]],
        day: date,
        ticks: Callable[[], float],
    ) -> None:
        """`ticks`: monotonic seconds."""
        self.day, self.total, self.answered = day, len(table), 0
        self.rows: Sequence[Appointment] = ()
        self.problem: ShikakuError | None = None
        self.batch_id = new_visit_id()
        self.done = False
        self._terminal, self._table, self._ticks = terminal, table, ticks
        self._began = ticks()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="batch", daemon=True)

    def start(self) -> None:
        """Send it in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Wait no longer; the fund keeps its results."""
        self._stop.set()

    def join(self) -> None:
        """Wait until it has ended."""
        self._thread.join()

    def seconds_left(self) -> int | None:
        """The seconds until it is done, by the speed so far; None before there is one."""
        elapsed = self._ticks() - self._began
        return round((self.total - self.answered) * elapsed / self.answered) if self.answered else None

    def counts(self) -> Mapping[ChangeStatus, int]:
        """How many rows there are of each status."""
        found = Counter(row.status for row in self.rows)
        return {status: found[status] for status in ChangeStatus}

    def _run(self) -> None:
        try:
            self._terminal.funds.call(self._check)
        except ShikakuError as error:
            self.problem = error
        except CorruptVersionsError:
            self.problem = TerminalError("store-failed")
        except Exception as error:
            log.error("a batch failed: %s", type(error).__name__)  # without values
            self.problem = TerminalError("exchange-internal")
        finally:
            self._table, self.done = (), True

    def _check(self, fund: FundClient) -> None:
        versions = KnownVersions(self._terminal.settings.home / VERSIONS_FILE)
        known = versions.read()
        sent = self._done(fund, submit(fund, self._table, self.day, known))
        found = await_results(fund, sent, known, PollPolicy(self._terminal.clock, time.sleep, WAIT))
        self.rows, self.answered = found.rows, self.total
        try:
            versions.add(found.versions())
        except OSError as error:
            log.warning("versions were not kept: %s", error.strerror)

    def _done(self, fund: FundClient, sent: Appointments) -> Appointments:
        """Follow the batch until it is done. Raises TerminalError where it takes too long."""
        if sent.batch is None:
            return sent
        pause, deadline = _FIRST_PAUSE, self._ticks() + WAIT.total_seconds()
        batch = sent.batch
        while batch.state is not BatchState.DONE:
            if self._ticks() > deadline or self._stop.wait(pause):
                raise TerminalError("fund-unreachable")
            pause = min(2 * pause, _MAX_PAUSE)
            batch = fund.batch_status(batch.batch_id)
            self.answered = batch.answered
        return replace(sent, batch=batch)


def results_csv(rows: Sequence[Appointment], status_texts: Mapping[ChangeStatus, Bilingual]) -> bytes:
    """The results as CSV for a spreadsheet: UTF-8 with a mark, and no cell that it would take for a formula."""
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(["tag", "status", "結果", "validity", "insurer_number", "burden_ratio", "code"])
    for row in rows:
        answer = row.answer
        results = answer.results if isinstance(answer, EligibilityAnswer) else []
        first = results[0] if len(results) == 1 else None
        table.writerow(
            [
                _cell(row.tag),
                row.status.value,
                status_texts[row.status].ja,
                answer.validity.value if answer is not None else "",
                first.insurer_number if first is not None else "",
                first.burden_ratio if first is not None and first.burden_ratio is not None else "",
                row.code or "",
            ]
        )
    return out.getvalue().encode("utf-8-sig")


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
