"""Registers reference numbers (照会番号): the clinic's own number for a person.

The fund returns them with answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clinic_terminal.queries.membership import parse_request
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.references import (
    MAX_REGISTRATIONS,
    ReferenceRegistration,
    ReferenceRegistrations,
)

REGISTERED = "registered"
"""The outcome of a row that the fund accepted; every other outcome is an error code."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The outcome of one number."""

    reference_number: str
    outcome: str


@dataclass(frozen=True, slots=True)
class References:
    """The outcomes of the numbers, in their order, up to the problem where there was one."""

    rows: Sequence[Reference] = ()
    problem: ShikakuError | None = None

    @property
    def all_registered(self) -> bool:
        """Whether the fund accepted every number."""
        return self.problem is None and all(row.outcome == REGISTERED for row in self.rows)


def register(fund: FundClient, table: Sequence[Mapping[str, object]]) -> References:
    """Register the number of each row; an invalid row is not sent."""
    rows: list[Reference] = []
    for start in range(0, len(table), MAX_REGISTRATIONS):
        try:
            rows += _register_chunk(fund, table[start : start + MAX_REGISTRATIONS])
        except ShikakuError as problem:
            return References(rows, problem)
    return References(rows)


def _register_chunk(fund: FundClient, table: Sequence[Mapping[str, object]]) -> list[Reference]:
    parsed = [_parse(fields) for fields in table]
    valid = tuple(row for row in parsed if isinstance(row, ReferenceRegistration))
    outcomes = iter(_send(fund, valid) if valid else [])
    return [
        Reference(
            str(fields.get("reference_number", "")),
            next(outcomes) if isinstance(row, ReferenceRegistration) else row,
        )
        for fields, row in zip(table, parsed, strict=True)
    ]


def _parse(fields: Mapping[str, object]) -> ReferenceRegistration | str:
    """The request, or the error code of an invalid row."""
    try:
        return parse_request(ReferenceRegistration, fields)
    except ShikakuError as error:
        return error.code


def _send(fund: FundClient, rows: tuple[ReferenceRegistration, ...]) -> list[str]:
    answers = fund.register_references(ReferenceRegistrations(registrations=rows)).registrations
    if len(answers) != len(rows):
        raise ShikakuError("fund-unreadable")
    return [answer.outcome for answer in answers]
