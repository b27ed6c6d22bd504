"""Tomorrow's appointments in one batch (一括照会): for each, whether all is as it was, has changed, or is to ask about.

What changed is the fund's to tell: the terminal keeps versions of answers, and of the answers nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from clinic_terminal.desk.membership import read
from eligibility_api.contract.batches import (
    BatchAnswer,
    BatchRequest,
    BatchResult,
    BatchRow,
    BatchState,
)
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from eligibility_api.contract.errors import ShikakuError

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0
"""Seconds between two questions whether the batch is done."""


class Standing(StrEnum):
    """What the desk has to do about an appointment."""

    OK = "ok"
    """Insured on the day, as when last asked, or asked for the first time."""
    CHANGED = "changed"
    """Insured on the day, but not as when last asked."""
    TO_ASK = "to-ask"
    """Not insured, not found, or not answered: ask the patient."""


_URGENCY = (Standing.TO_ASK, Standing.CHANGED, Standing.OK)


@dataclass(frozen=True, slots=True)
class Appointment:
    """One row's outcome: the fund's answer, or the catalogue's `code` of why there is none."""

    tag: str
    standing: Standing
    answer: EligibilityAnswer | UnchangedAnswer | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a batch is waited for, and what passes the time."""

    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Appointments:
    """How far the appointments are. `batch` is None where no row could be sent; `rows` are all there once `is_done`,
    those to ask about first.
    """

    batch: BatchAnswer | None = None
    rows: Sequence[Appointment] = ()
    problem: ShikakuError | None = None

    @property
    def is_done(self) -> bool:
        """Whether every row has its outcome."""
        return self.problem is None and (self.batch is None or self.batch.state is BatchState.DONE)

    def versions(self) -> dict[str, str]:
        """Tag → version of the answers that have a new one."""
        answers = ((row.tag, row.answer) for row in self.rows)
        return {
            tag: answer.version
            for tag, answer in answers
            if isinstance(answer, EligibilityAnswer) and answer.version is not None
        }


def send(
    fund: FundClient, table: Sequence[Mapping[str, str]], as_of: date, known: Mapping[str, str]
) -> Appointments:
    """Send the rows that are of the right form, each with the version `known` by its tag. Raises ShikakuError."""
    rows: list[BatchRow] = []
    unfit: list[Appointment] = []
    for fields in table:
        try:
            rows.append(read(BatchRow, {**fields, "known_version": known.get(fields["tag"])}))
        except ShikakuError as error:
            unfit.append(Appointment(fields["tag"], Standing.TO_ASK, code=error.code))
    batch = fund.start_batch(BatchRequest(as_of=as_of, rows=tuple(rows))) if rows else None
    return Appointments(batch, unfit)


def follow(
    fund: FundClient, sent: Appointments, known: Mapping[str, str], patience: Patience
) -> Appointments:
    """Wait until the batch is done, as long as `patience` lasts, and take its results. Raises ShikakuError."""
    if sent.batch is None:
        return sent
    batch = _waited_for(fund, sent.batch, patience)
    if batch.state is not BatchState.DONE:
        return replace(sent, batch=batch)
    rows = [*sent.rows, *(_judged(result, known) for result in fund.batch_results(batch.batch_id))]
    return Appointments(batch, sorted(rows, key=lambda row: _URGENCY.index(row.standing)))


def _waited_for(fund: FundClient, batch: BatchAnswer, patience: Patience) -> BatchAnswer:
    until = patience.clock() + patience.longest
    pause = _FIRST_PAUSE
    while batch.state is not BatchState.DONE and patience.clock() < until:
        patience.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
        batch = fund.batch_status(batch.batch_id)
    return batch


def _judged(result: BatchResult, known: Mapping[str, str]) -> Appointment:
    tag, answer = result.tag or "", result.answer
    if answer is None or answer.validity is not Validity.VALID:
        standing = Standing.TO_ASK
    elif isinstance(answer, UnchangedAnswer) or tag not in known:
        standing = Standing.OK
    else:
        standing = Standing.CHANGED
    return Appointment(tag, standing, answer, result.code)
