"""The offline verifier accepts what the log has, and names everything else by what happened and where."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from eligibility_api.audit.verification.findings import Finding, Problem, Report
from eligibility_api.audit.verification.instants import canonical, instant_of
from eligibility_api.audit.verifier import Trust, read_lines, verify
from eligibility_api.domain.recorded_answers import GivenAnswer
from eligibility_api.merkle_log.exports import (
    MAX_LINE,
    Commitments,
    Dropped,
    Header,
    ReadRow,
    Record,
    decode,
    encode,
)
from eligibility_api.merkle_log.notes import SigningKey
from tests.builders.audit_exports import (
    BEGIN,
    EXPORTED_AT,
    LOG,
    ORIGIN,
    WITNESS,
    Log,
    ended,
    log_of,
    record_id,
    record_text,
)
from tests.unit.eligibility_api.domain.members import OTHER_CLINIC, PERSON, aid, insured, ticket

VERSIONS = [insured(number, person_key=bytes([number - 1] * 16)) for number in range(1, 8)]
COUNT = 40
WHOLE = log_of(COUNT, VERSIONS)
LINES = WHOLE.lines()
TRUST = Trust([LOG.verification_key])
OTHER = SigningKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))

Place = tuple[Problem, tuple[int, int] | None]


def line_of(leaf: int, lines: list[bytes] = LINES) -> int:
    """The position of a leaf's line."""
    [position] = [place for place, line in enumerate(lines) if line.startswith(b'{"leaf":%d,' % leaf)]
    return position


def checked(lines: list[bytes], trust: Trust = TRUST) -> Report:
    return verify(lines, trust)


def places(report: Report) -> list[Place]:
    return [(finding.problem, finding.leaves) for finding in report.findings]


def altered(leaf: int, **changes: Any) -> list[bytes]:
    """The lines with another text at a leaf, and an end that fits."""
    lines, position = list(LINES), line_of(leaf)
    record = decode(lines[position])
    assert isinstance(record, Record)
    columns = json.loads(record.text) | changes
    text = json.dumps(columns, ensure_ascii=False, separators=(",", ":"))
    lines[position] = encode(replace(record, text=text))
    return ended(lines)


def renumbered(line: bytes, leaf: int) -> bytes:
    record = decode(line)
    assert isinstance(record, Record)
    return encode(replace(record, leaf=leaf))


def test_an_export_of_the_log_holds() -> None:
    answers: list[GivenAnswer] = []
    report = verify(LINES, TRUST, answers=answers.append)
    assert report.holds
    assert report.findings == []
    assert (report.records, report.rows, report.answers, report.dropped) == (40, 7, 32, 0)
    assert [answer.record_id for answer in answers][:2] == [record_id(0, BEGIN), answers[1].record_id]
    assert {type(answer).__name__ for answer in answers} == {"EligibilityAnswer"}


def test_an_empty_log_holds() -> None:
    assert checked(log_of(0, []).lines()).holds


@pytest.mark.parametrize("count", [1, 2, 255, 256, 257, 600])
def test_logs_of_other_sizes_hold(count: int) -> None:
    report = checked(log_of(count, VERSIONS).lines())
    assert report.holds
    assert report.records == count


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


@pytest.mark.parametrize("leaf", [1, 25, 39])
def test_a_truncated_export_is_named_with_its_first_missing_leaf(leaf: int) -> None:
    report = checked(LINES[: line_of(leaf)])
    assert places(report)[0] == (Problem.TRUNCATED, (leaf, 39))
    assert report.found() == {Problem.TRUNCATED}


def test_an_export_without_its_last_line_is_truncated() -> None:
    assert places(checked(LINES[:-1])) == [(Problem.TRUNCATED, None)]


def test_an_export_that_ends_within_a_line_is_named() -> None:
    data = b"".join(LINES)
    report = checked(list(read_lines(io.BytesIO(data[: len(data) // 2]))))
    assert Problem.TRUNCATED in report.found()
    assert not report.holds


def test_an_export_of_an_earlier_size_does_not_replace_the_whole() -> None:
    """Records, entries, checkpoint and end all fit: only a later checkpoint shows that leaves are missing."""
    earlier = log_of(30, VERSIONS).lines()
    assert checked(earlier).holds
    report = checked(earlier, replace(TRUST, checkpoints=[WHOLE.note()]))
    assert places(report) == [(Problem.TRUNCATED, (30, 39))]


def test_a_rewritten_history_is_named_by_an_earlier_checkpoint() -> None:
    """The fund itself, with its key, cannot change what a checkpoint kept elsewhere commits to."""
    texts = [record_text(number) for number in range(COUNT)]
    texts[3] = record_text(3, institution_code="0110113719")
    rewritten = Log(texts, VERSIONS).lines()
    assert checked(rewritten).holds
    report = checked(rewritten, replace(TRUST, checkpoints=[WHOLE.note(size=20)]))
    assert places(report) == [(Problem.REWRITTEN, None)]
    report = checked(rewritten, replace(TRUST, checkpoints=[WHOLE.note()]))
    assert places(report) == [(Problem.REWRITTEN, None)]


@pytest.mark.parametrize("size", [0, 1, 20, 39, 40])
def test_earlier_checkpoints_of_the_same_log_hold(size: int) -> None:
    assert checked(LINES, replace(TRUST, checkpoints=[WHOLE.note(size=size)])).holds


def test_an_earlier_checkpoint_of_another_key_is_not_accepted() -> None:
    report = checked(LINES, replace(TRUST, checkpoints=[WHOLE.note(OTHER)]))
    assert places(report) == [(Problem.CHECKPOINT, None)]


def test_a_checkpoint_of_another_key_is_not_accepted_though_the_export_names_it() -> None:
    report = checked(WHOLE.lines(OTHER))
    assert places(report) == [(Problem.CHECKPOINT, None)]
    assert not report.holds


def test_without_a_trusted_key_nothing_holds() -> None:
    assert not checked(LINES, Trust([])).holds


def test_a_witness_that_cosigned_is_reported() -> None:
    lines = WHOLE.lines(LOG, WITNESS)
    trust = replace(TRUST, witnesses=[WITNESS.verification_key])
    report = checked(lines, trust)
    assert report.holds
    assert report.cosigned == ["witness.example/w1"]
    assert checked(lines).cosigned == [], "a key that the export alone names can be anybody's"
    assert places(checked(LINES, trust)) == [(Problem.NOT_COSIGNED, None)]


def test_a_signature_whose_key_is_not_named_is_reported() -> None:
    lines = WHOLE.lines(LOG, WITNESS)
    header = decode(lines[0])
    assert isinstance(header, Header)
    lines[0] = encode(replace(header, keys=header.keys[:1]))
    assert places(checked(ended(lines))) == [(Problem.CHECKPOINT, None)]


def test_an_altered_list_of_entries_is_named_and_the_records_are_the_logs() -> None:
    lines = list(LINES)
    lines[1] = lines[1].replace(b'"hashes":"', b'"hashes":"AAAA', 1)
    lines[1] = lines[1][: lines[1].index(b"AAAA") + 4] + lines[1][lines[1].index(b"AAAA") + 8 :]
    assert places(checked(ended(lines))) == [(Problem.LOG, (0, 0))]


def test_entries_that_were_lost_are_named() -> None:
    lines = log_of(600, VERSIONS).lines()
    report = checked(ended(lines[:2] + lines[3:]))
    assert places(report) == [(Problem.LOG, (256, 511))]


@pytest.mark.parametrize("first", [None, 256, 2**40])
def test_a_short_file_about_a_huge_log_takes_no_memory(first: int | None) -> None:
    """The checkpoint is the log's own: only the file was cut."""
    size = 2**40 + 256
    note = WHOLE.note(size=0, root=bytes(32)).replace(b"\n0\n", b"\n%d\n" % size)
    text = note.partition(b"\n\n")[0].decode() + "\n"
    signed = f"{text}\n{LOG.sign(text).line}"
    header = encode(replace(WHOLE.header(), checkpoint=signed))
    entries = [] if first is None else [encode(Commitments(first, bytes(8192)))]
    report = checked([header, *entries, LINES[line_of(3)]])
    assert Problem.TRUNCATED in report.found()
    assert not report.holds


def test_an_altered_record_whose_entry_was_altered_too_does_not_lead_to_the_root() -> None:
    texts = [record_text(number) for number in range(COUNT)]
    texts[3] = record_text(3, outcome="done")
    forged = Log(texts, VERSIONS).lines()
    forged[0] = LINES[0]
    report = checked(ended(forged))
    assert report.found() == {Problem.LOG}


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


def test_something_after_the_end_is_named() -> None:
    assert places(checked([*LINES, LINES[line_of(3)]])) == [(Problem.INSERTED, None)]


def test_an_end_that_does_not_fit_is_named() -> None:
    lines = [*LINES[:-1], LINES[-1].replace(b'"sha256":"', b'"sha256":"0', 1)]
    [finding] = checked(lines).findings
    assert (finding.problem, finding.line) == (Problem.ALTERED, len(LINES))


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [b""],
        [b"\n"],
        [b"\xff\xfe\n"],
        [b"{}\n"],
        [b"[]\n"],
        [b"null\n"],
        [b"[" * 100_000],
        [LINES[1]],
        [LINES[0].replace(b"shikaku-audit-export/1", b"shikaku-audit-export/2")],
        [LINES[0].replace(b'"exported_at":"2026', b'"exported_at":"026')],
        [LINES[0].replace(b'"keys":["', b'"keys":["x')],
    ],
    ids=range(12),
)
def test_what_does_not_begin_as_an_export_is_refused(lines: list[bytes]) -> None:
    assert places(checked(lines)) == [(Problem.UNREADABLE, None)]


def test_a_line_that_is_too_long_is_read_in_pieces_and_refused() -> None:
    long = b'{"leaf":0,"salt":"' + b"0" * (2 * MAX_LINE) + b'"}\n'
    pieces = list(read_lines(io.BytesIO(LINES[0] + LINES[1] + long)))
    assert max(map(len, pieces)) <= MAX_LINE + 1
    assert not checked(pieces).holds


def test_findings_are_limited() -> None:
    report = Report()
    for leaf in range(1500):
        report.add(Finding(Problem.ALTERED, "", leaf, (leaf, leaf)))
    assert (len(report.findings), report.more) == (1000, 500)


def test_a_finding_names_what_happened_and_where() -> None:
    assert str(Finding(Problem.REMOVED, "Gone.", None, (3, 5))) == "removed: leaves 3 to 5: Gone."
    assert str(Finding(Problem.ALTERED, "Other.", 9, (3, 3))) == "altered: leaf 3, line 9: Other."
    assert str(Finding(Problem.REWRITTEN, "Other.")) == "history-rewritten: Other."


PARTIAL = WHOLE.partial([3, 12, 39])


def test_a_partial_export_holds() -> None:
    report = checked(PARTIAL)
    assert report.holds
    assert (report.records, report.answers) == (3, 0)
    assert report.partial
    assert not checked(LINES).partial


@pytest.mark.parametrize("place", [1, 2, 3])
def test_an_altered_record_of_a_partial_export_is_named(place: int) -> None:
    record = decode(PARTIAL[place])
    assert isinstance(record, Record)
    assert record.proof is not None
    leaf = record.leaf
    columns = json.loads(record.text)
    for spoilt, problem in (
        (replace(record, salt=bytes(32)), Problem.ALTERED),
        (replace(record, proof=record.proof[:-1]), Problem.ALTERED),
        (replace(record, proof=(bytes(32), *record.proof[1:])), Problem.ALTERED),
        (replace(record, text=record.text.replace("clinic", "Clinic")), Problem.ALTERED),
        (
            replace(record, text=json.dumps(columns | {"recorded_at": canonical(BEGIN.replace(year=2025))})),
            Problem.REDATED,
        ),
    ):
        lines = [*PARTIAL[:place], encode(spoilt), *PARTIAL[place + 1 :]]
        assert places(checked(ended(lines))) == [(problem, (leaf, leaf))]


def test_order_and_kinds_of_lines_of_a_partial_export_are_checked() -> None:
    swapped = [PARTIAL[0], PARTIAL[2], PARTIAL[1], PARTIAL[3], PARTIAL[4]]
    assert places(checked(ended(swapped))) == [(Problem.REORDERED, (3, 3))]
    twice = [PARTIAL[0], PARTIAL[1], PARTIAL[1], PARTIAL[2], PARTIAL[4]]
    assert places(checked(ended(twice))) == [(Problem.DUPLICATED, (3, 3))]
    without_proof = [PARTIAL[0], LINES[line_of(3)], PARTIAL[4]]
    assert places(checked(ended(without_proof))) == [(Problem.INSERTED, None)]
    with_proof = [*LINES[:-1], PARTIAL[1], LINES[-1]]
    assert places(checked(ended(with_proof))) == [(Problem.INSERTED, None)]
    garbled = [PARTIAL[0], PARTIAL[1].replace(b'"salt"', b'"Salt"'), *PARTIAL[2:]]
    assert places(checked(garbled)) == [(Problem.UNREADABLE, (3, 3))]


def test_a_partial_export_cannot_be_compared_with_an_earlier_checkpoint() -> None:
    report = checked(PARTIAL, replace(TRUST, checkpoints=[WHOLE.note(size=20)]))
    assert places(report) == [(Problem.REWRITTEN, None)]
    assert "cannot be compared" in report.findings[0].message
    assert checked(PARTIAL, replace(TRUST, checkpoints=[WHOLE.note()])).holds
