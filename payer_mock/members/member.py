"""One row of a members file as what the fund is told: a member joins, and perhaps leaves again."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from eligibility_api.contract.enrolment import EndRequest, EnrolmentRequest
from eligibility_api.contract.wire import MY_NUMBER_FAULT
from payer_mock.members.table import Fault, Row

_DAY_COLUMNS = ("birth_date", "acquired_on", "lost_on")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

_CATALOGUE_CODES = {MY_NUMBER_FAULT: "my-number-refused", "period": "enrolment-period"}
"""Rules of the contract's models that its catalogue has a sentence for; the others go by the rule's own name."""

_COLUMNS_OF_RULES = {"period": "lost_on", "reason_of_loss": "reason_of_loss"}
"""Where a rule about several columns is told."""


@dataclass(frozen=True, slots=True)
class Member:
    """A valid row: who joins (資格取得), and when and why the membership ends (資格喪失), if it does."""

    row: int
    joining: EnrolmentRequest
    leaving: EndRequest | None


def read_member(row: Row) -> Member | list[Fault]:
    """The member that a row describes, or everything that is wrong with the row."""
    if row.fault is not None:
        return [row.fault]
    faults = [
        Fault(row.number, column, "day") for column in _DAY_COLUMNS if not _is_day(row.cells.get(column))
    ]
    if faults:
        return faults
    try:
        whole = EnrolmentRequest.model_validate(row.cells)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        return [_fault(row.number, detail) for detail in details]
    joining = whole.model_copy(update={"lost_on": None, "reason_of_loss": None})
    return Member(row.number, joining, _leaving(whole))


def _is_day(text: str | None) -> bool:
    """Whether a cell is empty or of the form 2026-04-01: pydantic alone would also take seconds since 1970."""
    return text is None or _DAY.fullmatch(text) is not None


def _leaving(whole: EnrolmentRequest) -> EndRequest | None:
    if whole.lost_on is None or whole.reason_of_loss is None:
        return None
    return EndRequest(
        insurer_number=whole.insurer_number,
        symbol=whole.symbol,
        number=whole.number,
        branch=whole.branch,
        birth_date=whole.birth_date,
        lost_on=whole.lost_on,
        reason_of_loss=whole.reason_of_loss,
    )


def _fault(row: int, detail: ErrorDetails) -> Fault:
    rule = detail["type"]
    column = str(detail["loc"][0]) if detail["loc"] else _COLUMNS_OF_RULES.get(rule)
    return Fault(row, column, _CATALOGUE_CODES.get(rule, rule))
