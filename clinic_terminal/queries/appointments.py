"""Checks tomorrow's appointments in one batch (一括照会).

Each is unchanged, changed, or needs a question to the patient. The fund decides what changed: the terminal
keeps the versions of answers, and no answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from clinic_terminal.queries.burden import lacks_burden
from clinic_terminal.queries.membership import parse_request
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

_FIRST_PAUSE, _MAX_PAUSE = 0.5, 5.0
"""Seconds between two polls of the batch."""


class ChangeStatus(StrEnum):
    """What the reception has to do about an appointment."""

    OK = "ok"
    """Insured on the day, with the same answer as before, or checked for the first time."""
    CHANGED = "changed"
    """Insured on the day, with another answer than before."""
    TO_ASK = "to-ask"
    """Not insured, not found, without a burden ratio that is due, or without an answer: ask the patient."""


_URGENCY = (ChangeStatus.TO_ASK, ChangeStatus.CHANGED, ChangeStatus.OK)


@dataclass(frozen=True, slots=True)
class Appointment:
    """One row's outcome: the fund's answer, or the error code of why there is none."""

    tag: str
    status: ChangeStatus
    answer: EligibilityAnswer | UnchangedAnswer | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class PollPolicy:
    """Clock, sleep function and timeout of waiting for a batch."""

    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    timeout: timedelta


@dataclass(frozen=True, slots=True)
class Appointments:
    """Progress of the appointments.

    `batch` is None where no row could be sent; `rows` are complete once `is_done`, those to ask about first.
    """

    batch: BatchAnswer | None = None
    rows: Sequence[Appointment] = ()
    problem: ShikakuError | None = None

    @property
    def is_done(self) -> bool:
        """Whether every row has its outcome."""
        return self.problem is None and (self.batch is None or self.batch.state is BatchState.DONE)

    def versions(self) -> dict[str, str]:
        """Tag → version, of the answers with a new version.

        One without a burden ratio that is due is left out: the next time it is answered in full, and asked about again.
        """
        answers = ((row.tag, row.answer) for row in self.rows)
        return {
            tag: answer.version
            for tag, answer in answers
            if isinstance(answer, EligibilityAnswer)
            and answer.version is not None
            and not lacks_burden(answer)
        }


def submit(
    fund: FundClient, table: Sequence[Mapping[str, str]], as_of: date, known: Mapping[str, str]
) -> Appointments:
    """Send the valid rows, each with the version `known` for its tag. Raises ShikakuError."""
    rows: list[BatchRow] = []
    invalid: list[Appointment] = []
    for fields in table:
        try:
            rows.append(parse_request(BatchRow, {**fields, "known_version": known.get(fields["tag"])}))
        except ShikakuError as error:
            invalid.append(Appointment(fields["tag"], ChangeStatus.TO_ASK, code=error.code))
    batch = fund.start_batch(BatchRequest(as_of=as_of, rows=tuple(rows))) if rows else None
    return Appointments(batch, invalid)


def await_results(
    fund: FundClient, sent: Appointments, known: Mapping[str, str], policy: PollPolicy
) -> Appointments:
    """Poll the batch until it is done or `policy` times out, and fetch its results. Raises ShikakuError."""
    if sent.batch is None:
        return sent
    batch = _poll(fund, sent.batch, policy)
    if batch.state is not BatchState.DONE:
        return replace(sent, batch=batch)
    rows = [*sent.rows, *(_classify(result, known) for result in fund.batch_results(batch.batch_id))]
    return Appointments(batch, sorted(rows, key=lambda row: _URGENCY.index(row.status)))


def _poll(fund: FundClient, batch: BatchAnswer, policy: PollPolicy) -> BatchAnswer:
    deadline = policy.clock() + policy.timeout
    pause = _FIRST_PAUSE
    while batch.state is not BatchState.DONE and policy.clock() < deadline:
        policy.sleep(pause)
        pause = min(2 * pause, _MAX_PAUSE)
        batch = fund.batch_status(batch.batch_id)
    return batch


def _classify(result: BatchResult, known: Mapping[str, str]) -> Appointment:
    tag, answer = result.tag or "", result.answer
    if answer is None or answer.validity is not Validity.VALID or lacks_burden(answer):
        status = ChangeStatus.TO_ASK
    elif isinstance(answer, UnchangedAnswer) or tag not in known:
        status = ChangeStatus.OK
    else:
        status = ChangeStatus.CHANGED
    return Appointment(tag, status, answer, result.code)
