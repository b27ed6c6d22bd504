"""The offline verifier keeps apart what was dropped or purged by rule (T9) and what was deleted against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from eligibility_api.audit.verification.findings import Problem
from eligibility_api.audit.verification.instants import canonical, instant_of
from eligibility_api.merkle_log.exports import Dropped, Header, ReadRow, decode, encode
from tests.builders.audit_exports import BEGIN, EXPORTED_AT, Log, ended, log_of, record_id, record_text
from tests.builders.checked_exports import COUNT, LINES, TRUST, VERSIONS, checked, places
from tests.unit.eligibility_api.domain.members import PERSON


def dropped(leaf: int, instant: str, retention_class: str = "medical", made_at: Any = None) -> Dropped:
    made = instant_of(instant) if made_at is None else made_at
    return Dropped(leaf, record_id(leaf, made), instant, retention_class)


def test_a_record_dropped_by_rule_leaves_its_leaf_and_holds() -> None:
    log = log_of(COUNT, VERSIONS)
    log.dropped = {
        0: dropped(0, "2016-01-01T00:00:00.000000Z", "eligibility"),
        1: dropped(1, "2021-10-31T23:00:00.000000Z"),
    }
    report = checked(log.lines())
    assert report.holds
    assert (report.records, report.dropped) == (38, 2)


@pytest.mark.parametrize(
    "line",
    [
        dropped(0, "2021-11-01T00:00:00.000000Z"),
        dropped(0, "2021-10-31T23:00:00.000000Z", "eligibility"),
        dropped(0, "2021-10-31T23:00:00.000000Z", "unknown"),
        dropped(0, "2016-01-01T00:00:00.000000Z", made_at=BEGIN),
        Dropped(0, "no id", "2016-01-01T00:00:00.000000Z", "medical"),
        Dropped(0, record_id(0, BEGIN), "long ago", "medical"),
    ],
)
def test_a_record_that_cannot_have_been_dropped_by_rule_was_removed(line: Dropped) -> None:
    log = log_of(COUNT, VERSIONS)
    log.dropped = {0: line}
    assert places(checked(log.lines())) == [(Problem.REMOVED, (0, 0))]


def test_a_record_of_a_whole_files_transaction_is_dropped_by_rule_too() -> None:
    log, instant = log_of(COUNT, VERSIONS), "2016-01-01T00:00:00.000000Z"
    log.dropped = {0: dropped(0, instant, "eligibility", instant_of(instant) + timedelta(minutes=20))}
    assert checked(log.lines()).holds


def test_a_record_that_follows_later_ones_was_not_dropped_by_rule() -> None:
    log = log_of(COUNT, VERSIONS)
    log.dropped = {leaf: dropped(leaf, "2016-01-01T00:00:00.000000Z") for leaf in (0, 20, 21, 39)}
    report = checked(log.lines())
    assert places(report) == [(Problem.REMOVED, (leaf, leaf)) for leaf in (20, 21, 39)]
    assert report.dropped == 1


def test_an_export_from_the_future_drops_nothing_by_rule() -> None:
    log = log_of(COUNT, VERSIONS)
    log.dropped = {4: dropped(4, canonical(BEGIN))}
    lines = log.lines()
    header = decode(lines[0])
    assert isinstance(header, Header)
    lines[0] = encode(replace(header, exported_at="2040-01-01T00:00:00.000000Z"))
    report = checked(ended(lines), replace(TRUST, now=EXPORTED_AT))
    assert places(report) == [(Problem.REDATED, None)]
    assert checked(LINES, replace(TRUST, now=EXPORTED_AT)).holds


def purged(lines: list[bytes], version: int, table: str = "enrolment") -> list[bytes]:
    """The lines of an export after a version was purged (rule T9)."""
    row = b'{"row":"enrolment","version":%d,' % version
    line = encode(ReadRow(table, version, None))
    return ended([line if one.startswith(row) else one for one in lines])


def purge_text(number: int, *named: Any) -> str:
    """The record of a purge that names ranges of versions."""
    absent = dict.fromkeys(("institution_code", "facility_kind", "person_key", "as_of", "enrolments"))
    absent |= dict.fromkeys(("rule_version", "matched_entitlements", "client_id"))
    detail = {"members": 1, "versions": 1, "purged": named}
    return record_text(number, kind="enrolment.purged", outcome="done", detail=detail, **absent)


def log_with(*texts: str) -> list[bytes]:
    """The lines of the log with further records at its end."""
    return Log([*(record_text(number) for number in range(COUNT)), *texts], VERSIONS).lines()


@pytest.mark.parametrize("named", [[[3, 3]], [[1, 2], [3, 7]], [[8, 9], [2, 4]]])
def test_answers_of_purged_versions_are_counted_and_the_others_recomputed(named: list[list[int]]) -> None:
    report = checked(purged(log_with(purge_text(COUNT, *named)), 3))
    assert report.holds
    assert (report.records, report.purged, report.answers) == (41, 5, 27)


@pytest.mark.parametrize("texts", [[], [purge_text(COUNT)], [purge_text(COUNT, [1, 2], [4, 9])]])
def test_a_version_that_no_purge_names_was_deleted_against_the_rule(texts: list[str]) -> None:
    """Rule T9: an export that calls it purged does not hold."""
    report = checked(purged(log_with(*texts), 3))
    assert places(report) == [(Problem.ROW_MISSING, None)]
    assert "enrolment 3 " in report.findings[0].message


@pytest.mark.parametrize("named", [(["x", 3],), (7,), ([5, 4],), ([1],)])
def test_the_record_of_a_purge_that_names_no_ranges_is_named(named: tuple[Any, ...]) -> None:
    report = checked(log_with(purge_text(COUNT, *named)))
    assert places(report) == [(Problem.NOT_RECOMPUTED, (COUNT, COUNT))]


def test_tickets_go_with_their_purged_version() -> None:
    texts = [record_text(0, enrolments=[9], tickets=[1], person_key=PERSON.hex()), purge_text(1, [9, 9])]
    log = Log(texts, [])
    line = encode(ReadRow("enrolment", 9, None))
    lines = log.lines()
    assert Problem.ROW_MISSING in checked(lines).found()
    report = checked(ended([*lines[:2], line, *lines[2:]]))
    assert (report.holds, report.purged, report.answers) == (True, 1, 0)


def test_a_purged_version_excuses_no_other_row() -> None:
    log = Log([record_text(0, enrolments=[1, 2]), purge_text(1, [1, 1])], VERSIONS[:2])
    lines = purged(
        [line for line in log.lines() if not line.startswith(b'{"row":"enrolment","version":2')], 1
    )
    assert places(checked(lines)) == [(Problem.ROW_MISSING, (0, 0))]
    assert places(checked(purged(LINES, 3, "medical_ticket")))[0] == (Problem.INSERTED, None)
    extra = encode(ReadRow("enrolment", 3, None))
    assert places(checked(ended([*LINES[:-1], extra, LINES[-1]]))) == [(Problem.ROW_INSERTED, None)]
