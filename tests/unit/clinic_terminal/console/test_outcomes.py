"""The table of outcomes: complete, consistent, and the right row for each problem."""

from __future__ import annotations

import pytest

from clinic_terminal.console import outcomes
from clinic_terminal.console.outcomes import Headline
from clinic_terminal.errors import SHOWN_CATALOGUE, TerminalError
from clinic_terminal.queries.appointments import ChangeStatus
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.errors import ErrorKind


@pytest.mark.parametrize(
    ("members", "table"),
    [
        (Validity, outcomes.VALIDITY),
        (ErrorKind, outcomes.PROBLEM),
        (ChangeStatus, outcomes.CHANGE_STATUS),
    ],
)
def test_every_member_has_a_row(members: type, table: dict[object, Headline]) -> None:
    assert set(table) == set(members)  # type: ignore[call-overload]


def test_each_validity_has_an_exit_code_a_text_and_a_name_of_its_own() -> None:
    rows = list(outcomes.VALIDITY.values())
    assert len({row.exit_code for row in rows}) == len(rows) == len(Validity)
    assert len({row.text for row in rows}) == len({row.name for row in rows}) == len(rows)


def test_whether_what_is_shown_with_a_validity_has_ended() -> None:
    """A burden ratio is shown with what holds only."""
    ended = {validity for validity, row in outcomes.VALIDITY.items() if row.ended}
    assert ended == {Validity.INVALID, Validity.INVALID_NEWER_EXISTS}
    nothing = {Validity.NOT_FOUND, Validity.AMBIGUOUS}
    assert set(Validity) - ended - nothing == {Validity.VALID, Validity.VALID_UNREGISTERED}


def test_a_problem_has_the_exit_code_of_its_kind() -> None:
    assert SHOWN_CATALOGUE
    for code in SHOWN_CATALOGUE:
        problem = TerminalError(code)
        assert outcomes.of_problem(problem).exit_code == outcomes.PROBLEM[problem.entry.kind].exit_code, code


@pytest.mark.parametrize(
    ("code", "row"),
    [
        ("pin-locked", outcomes.PIN_PROBLEM),
        ("card-removed", outcomes.PROBLEM[ErrorKind.CARD]),
        ("certificate-expired", outcomes.CARD_REFUSED),
        ("registration-conflict", outcomes.CARD_REFUSED),
        ("card-not-usable", outcomes.CARD_REFUSED),
        ("eligibility-not-confirmable", outcomes.NOT_CONFIRMABLE),
        ("right-missing", outcomes.PROBLEM[ErrorKind.REFUSAL]),
        ("request-invalid", outcomes.PROBLEM[ErrorKind.REQUEST]),
        ("overloaded", outcomes.PROBLEM[ErrorKind.TECHNICAL]),
    ],
)
def test_a_problem_has_the_row_of_its_code_or_kind(code: str, row: Headline) -> None:
    assert outcomes.of_problem(TerminalError(code)) is row
