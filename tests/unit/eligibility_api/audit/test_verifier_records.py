"""The offline verifier names every record that was altered, removed, moved, repeated or inserted, and where."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eligibility_api.audit.verification.findings import Problem
from eligibility_api.merkle_log.exports import Record, encode
from tests.builders.audit_exports import ended, record_text
from tests.builders.checked_exports import COUNT, LINES, WHOLE, altered, checked, line_of, places, renumbered
from tests.unit.eligibility_api.domain.members import PERSON


@pytest.mark.parametrize("leaf", [0, 17, 39])
@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "undone"},
        {"institution_code": "0110113719"},
        {"person_key": PERSON.hex()[:-1] + "f"},
        {"enrolments": [7]},
        {"detail": {"reason": "another"}},
        {"recorded_at": "2026-04-01T00:00:30.000000Z"},
    ],
)
def test_an_altered_record_is_named(leaf: int, changes: dict[str, Any]) -> None:
    assert places(checked(altered(leaf, **changes))) == [(Problem.ALTERED, (leaf, leaf))]


@pytest.mark.parametrize("leaf", [0, 17, 39])
@pytest.mark.parametrize("instant", ["2026-04-01T01:00:00.000000Z", "2025-04-01T00:00:00.000000Z"])
def test_a_redated_record_is_named(leaf: int, instant: str) -> None:
    [finding] = checked(altered(leaf, recorded_at=instant)).findings
    assert (finding.problem, finding.leaves) == (Problem.REDATED, (leaf, leaf))
    assert instant in finding.message
    assert "id was made at 2026-04-01T00:00:" in finding.message


def test_another_salt_is_an_altered_record() -> None:
    lines, position = list(LINES), line_of(5)
    lines[position] = encode(replace(WHOLE.records[5], salt=bytes(32)))
    assert places(checked(ended(lines))) == [(Problem.ALTERED, (5, 5))]


@pytest.mark.parametrize(("first", "last"), [(0, 0), (17, 17), (17, 20), (39, 39)])
def test_removed_records_are_named(first: int, last: int) -> None:
    gone = {line_of(leaf) for leaf in range(first, last + 1)}
    lines = [line for place, line in enumerate(LINES) if place not in gone]
    report = checked(ended(lines))
    assert (Problem.REMOVED, (first, last)) in places(report)
    assert report.found() == {Problem.REMOVED}


def test_a_removed_record_is_named_also_if_the_later_ones_were_renumbered() -> None:
    lines = LINES[: line_of(20)] + [renumbered(LINES[line_of(leaf)], leaf - 1) for leaf in range(21, COUNT)]
    report = checked(ended([*lines, LINES[-1]]))
    assert sorted(places(report)) == [(Problem.REMOVED, (20, 20)), (Problem.REORDERED, (20, 38))]


def test_swapped_lines_are_named() -> None:
    lines, one, other = list(LINES), line_of(20), line_of(21)
    lines[one], lines[other] = lines[other], lines[one]
    [finding] = checked(ended(lines)).findings
    assert finding.problem is Problem.REORDERED
    assert finding.leaves in ((20, 20), (21, 21))


def test_swapped_records_are_named() -> None:
    lines, one, other = list(LINES), line_of(20), line_of(30)
    lines[one], lines[other] = renumbered(lines[other], 20), renumbered(lines[one], 30)
    report = checked(ended(lines))
    assert sorted(places(report)) == [(Problem.REORDERED, (20, 20)), (Problem.REORDERED, (30, 30))]
    assert "leaf 30" in report.findings[0].message


def test_a_record_at_another_place_is_named_and_no_other() -> None:
    lines = list(LINES)
    moved = lines.pop(line_of(30))
    lines.insert(line_of(10), moved)
    assert places(checked(ended(lines))) == [(Problem.REORDERED, (30, 30))]


def test_a_line_that_stands_twice_is_named() -> None:
    lines = list(LINES)
    lines.insert(line_of(12), LINES[line_of(12)])
    assert places(checked(ended(lines))) == [(Problem.DUPLICATED, (12, 12))]


def test_a_record_that_stands_also_as_another_leaf_is_named() -> None:
    lines = list(LINES)
    lines[line_of(13)] = renumbered(LINES[line_of(12)], 13)
    report = checked(ended(lines))
    assert (Problem.DUPLICATED, (13, 13)) in places(report)
    assert (Problem.REMOVED, (13, 13)) in places(report)


FOREIGN = Record(12, bytes(32), record_text(999))


def test_an_inserted_record_is_named() -> None:
    lines = list(LINES)
    lines.insert(line_of(12), encode(FOREIGN))
    assert places(checked(ended(lines))) == [(Problem.INSERTED, (12, 12))]


def test_an_inserted_record_is_named_also_if_the_later_ones_were_renumbered() -> None:
    later = [renumbered(LINES[line_of(leaf)], leaf + 1) for leaf in range(12, COUNT)]
    lines = [*LINES[: line_of(12)], encode(FOREIGN), *later, LINES[-1]]
    assert sorted(places(checked(ended(lines)))) == [
        (Problem.INSERTED, (12, 12)),
        (Problem.REORDERED, (13, 40)),
    ]


def test_a_record_beyond_the_log_is_named() -> None:
    lines = [*LINES[:-1], encode(replace(FOREIGN, leaf=COUNT)), LINES[-1]]
    assert places(checked(ended(lines))) == [(Problem.INSERTED, (COUNT, COUNT))]
