"""Turns a row of a member file into the requests for the fund: a membership, and its end if there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from eligibility_api.contract.enrolment import EndRequest, EnrolmentRequest
from eligibility_api.contract.member_file import (
    DISEASE_COLUMNS,
    GROUP_COLUMNS,
    ITEM_COLUMNS,
    MAX_DISEASES,
    disease_column,
    group_column,
)
from eligibility_api.contract.wire import MY_NUMBER_FAULT
from payer_mock.members.table import Fault, Row

_CATALOGUE_CODES = {MY_NUMBER_FAULT: "my-number-refused", "period": "enrolment-period"}
"""Rules of the contract's models that are codes of the error catalogue; the others keep the rule's own name.
"""

_COLUMNS_OF_RULES = {"period": "lost_on", "reason_of_loss": "reason_of_loss"}
"""The column that a fault of a rule about several columns is reported at."""

_MAX_DIGITS = 9
_NUMBERS_IN_GROUPS = frozenset({"burden_ratio", "self_pay"})


@dataclass(frozen=True, slots=True)
class Member:
    """A valid row: the enrolment (資格取得), and the end of the membership (資格喪失) if there is one."""

    row: int
    joining: EnrolmentRequest
    leaving: EndRequest | None


def read_member(row: Row) -> Member | list[Fault]:
    """The member of a row, or all faults of the row."""
    if row.fault is not None:
        return [row.fault]
    try:
        whole = EnrolmentRequest.model_validate(_items(row.cells))
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        diseases = _diseases(row.cells)
        return [_fault(row.number, detail, diseases) for detail in details]
    joining = whole.model_copy(update={"lost_on": None, "reason_of_loss": None})
    return Member(row.number, joining, _leaving(whole))


def _items(cells: dict[str, str]) -> dict[str, Any]:
    """The items of a row's cells: groups assembled, numbers parsed."""
    items: dict[str, Any] = {column: cells[column] for column in ITEM_COLUMNS if column in cells}
    if "burden_ratio" in items:
        items["burden_ratio"] = _number(items["burden_ratio"])
    for item, (prefix, members) in GROUP_COLUMNS.items():
        group = _group(cells, {member: group_column(prefix, member) for member in members})
        if group:
            items[item] = group
    diseases = [
        _group(cells, {member: disease_column(place, member) for member in DISEASE_COLUMNS})
        for place in _diseases(cells)
    ]
    return items | {"specific_diseases": diseases}


def _diseases(cells: dict[str, str]) -> list[int]:
    """The places (from 1) of the disease certificates that have a filled column."""
    places = range(1, MAX_DISEASES + 1)
    return [place for place in places if any(disease_column(place, n) in cells for n in DISEASE_COLUMNS)]


def _group(cells: dict[str, str], columns: dict[str, str]) -> dict[str, Any]:
    """The filled items of a group, given the column of each item."""
    group = {member: cells[column] for member, column in columns.items() if column in cells}
    return {member: _number(cell) if member in _NUMBERS_IN_GROUPS else cell for member, cell in group.items()}


def _number(cell: str) -> int | str:
    """The cell as a number; any other text stays as it is, for the model to reject."""
    return int(cell) if len(cell) <= _MAX_DIGITS and cell.isascii() and cell.isdigit() else cell


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


def _fault(row: int, detail: ErrorDetails, diseases: list[int]) -> Fault:
    rule = detail["type"]
    column = _column(detail["loc"], diseases) or _COLUMNS_OF_RULES.get(rule)
    return Fault(row, column, _CATALOGUE_CODES.get(rule, rule))


def _column(place: tuple[int | str, ...], diseases: list[int]) -> str | None:
    """The column of a model's item; for a rule about a whole group, the group's first column."""
    match place:
        case ("specific_diseases", int(n), *item):
            return disease_column(diseases[n], str(item[0]) if item else "disease")
        case (str(group), *item) if group in GROUP_COLUMNS:
            prefix, members = GROUP_COLUMNS[group]
            return group_column(prefix, str(item[0]) if item else members[0])
        case (column, *_):
            return str(column)
    return None
