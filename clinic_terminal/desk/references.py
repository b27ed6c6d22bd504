"""Reference numbers (照会番号): the clinic's own number for a person, told to the fund; it comes back with answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clinic_terminal.desk.membership import read
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.references import (
    MAX_REGISTRATIONS,
    ReferenceRegistration,
    ReferenceRegistrations,
)

REGISTERED = "registered"
"""The outcome of a row that the fund took; every other one is a code of the catalogue."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What became of one number."""

    reference_number: str
    outcome: str


@dataclass(frozen=True, slots=True)
class References:
    """What became of the numbers, in their order, up to the problem where there was one."""

    rows: Sequence[Reference] = ()
    problem: ShikakuError | None = None

    @property
    def all_registered(self) -> bool:
        """Whether the fund took every one."""
        return self.problem is None and all(row.outcome == REGISTERED for row in self.rows)


def register(fund: FundClient, table: Sequence[Mapping[str, object]]) -> References:
    """Register the number of each row; a row that is not of the right form is not sent."""
    rows: list[Reference] = []
    for start in range(0, len(table), MAX_REGISTRATIONS):
        try:
            rows += _register_some(fund, table[start : start + MAX_REGISTRATIONS])
        except ShikakuError as problem:
            return References(rows, problem)
    return References(rows)


def _register_some(fund: FundClient, table: Sequence[Mapping[str, object]]) -> list[Reference]:
    prepared = [_prepared(fields) for fields in table]
    fit = tuple(row for row in prepared if isinstance(row, ReferenceRegistration))
    outcomes = iter(_sent(fund, fit) if fit else [])
    return [
        Reference(
            str(fields.get("reference_number", "")),
            next(outcomes) if isinstance(row, ReferenceRegistration) else row,
        )
        for fields, row in zip(table, prepared, strict=True)
    ]


def _prepared(fields: Mapping[str, object]) -> ReferenceRegistration | str:
    """What is sent, or the code of why it is not."""
    try:
        return read(ReferenceRegistration, fields)
    except ShikakuError as error:
        return error.code


def _sent(fund: FundClient, rows: tuple[ReferenceRegistration, ...]) -> list[str]:
    answers = fund.register_references(ReferenceRegistrations(registrations=rows)).registrations
    if len(answers) != len(rows):
        raise ShikakuError("fund-unreadable")
    return [answer.outcome for answer in answers]
