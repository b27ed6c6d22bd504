"""The offline verifier recomputes each answer from the rows that its record names, and names what does not follow."""

from __future__ import annotations

from typing import Any

import pytest

from eligibility_api.audit.verification.findings import Problem
from eligibility_api.audit.verifier import verify
from eligibility_api.merkle_log.exports import ReadRow, encode
from tests.builders.audit_exports import Log, ended, record_text
from tests.builders.checked_exports import LINES, TRUST, VERSIONS, checked, places
from tests.unit.eligibility_api.domain.members import OTHER_CLINIC, PERSON, aid, ticket


def row_line(version: int) -> int:
    [position] = [
        place
        for place, line in enumerate(LINES)
        if line.startswith(b'{"row":"enrolment","version":%d,' % version)
    ]
    return position


def test_a_row_that_a_record_names_must_be_there() -> None:
    lines = [line for place, line in enumerate(LINES) if place != row_line(3)]
    report = checked(ended(lines))
    assert report.found() == {Problem.ROW_MISSING}
    assert report.findings[0].leaves == (2, 2)
    assert "enrolment 3" in report.findings[0].message


def test_an_unreadable_row_is_named_once() -> None:
    lines = list(LINES)
    lines[row_line(3)] = lines[row_line(3)].replace("見本".encode(), "別人".encode(), 1)
    [finding] = checked(lines).findings
    assert finding.problem is Problem.ROW_ALTERED
    assert (finding.line, "enrolment 3" in finding.message) == (row_line(3) + 1, True)


def test_rows_that_nobody_names_or_that_stand_twice_are_named() -> None:
    extra = encode(ReadRow("enrolment", 99, "{}"))
    assert places(checked(ended([*LINES[:5], extra, *LINES[5:]]))) == [(Problem.ROW_INSERTED, None)]
    again = LINES[row_line(3)]
    assert places(checked(ended([*LINES[:-1], again, LINES[-1]]))) == [(Problem.ROW_INSERTED, None)]


@pytest.mark.parametrize("content", ["{}", "[]", '{"version":3}', "1", '{"version":"x","person_key":"zz"}'])
def test_an_answer_that_does_not_follow_from_its_rows_is_named(content: str) -> None:
    lines = list(LINES)
    lines[row_line(3)] = encode(ReadRow("enrolment", 3, content))
    report = checked(ended(lines))
    assert report.found() == {Problem.NOT_RECOMPUTED}
    assert report.findings[0].leaves == (2, 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"rule_version": 99},
        {"facility_kind": "ship"},
        {"as_of": "tomorrow"},
        {"enrolments": "all"},
        {"detail": 5},
    ],
)
def test_a_record_by_which_no_answer_can_be_given_is_named(changes: dict[str, Any]) -> None:
    report = checked(Log([record_text(0), record_text(2, **changes)], VERSIONS).lines())
    assert (Problem.NOT_RECOMPUTED, (1, 1)) in places(report)


@pytest.mark.parametrize("text", ["", "[]", "no JSON", "{}", '{"kind":1}', "[" * 5000])
def test_a_logged_text_that_is_no_record_is_named(text: str) -> None:
    report = checked(Log([text], []).lines())
    assert places(report) == [(Problem.NOT_RECOMPUTED, (0, 0))]


def test_an_answer_with_tickets_is_recomputed_with_those_of_its_record() -> None:
    version = aid(9, person_key=PERSON, tickets=(ticket(1), ticket(2, OTHER_CLINIC)))
    key = PERSON.hex()
    log = Log([record_text(0, enrolments=[9], tickets=[1], person_key=key)], [version])
    answers: list[Any] = []
    report = verify(log.lines(), TRUST, answers=answers.append)
    assert report.rows == 3
    assert places(report) == [(Problem.ROW_INSERTED, None)]
    [answer] = answers
    assert answer.validity == "1"
    assert [one.issue_number for one in answer.results[0].medical_tickets] == ["1"]
