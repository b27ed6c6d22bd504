"""The offline verifier accepts what the log has, and names an export that is cut, or of another log."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from eligibility_api.audit.verification.findings import Finding, Problem, Report
from eligibility_api.audit.verifier import Trust, read_lines, verify
from eligibility_api.domain.recorded_answers import GivenAnswer
from eligibility_api.merkle_log.exports import MAX_LINE, Commitments, Header, decode, encode
from eligibility_api.merkle_log.notes import SigningKey
from tests.builders.audit_exports import (
    BEGIN,
    LOG,
    ORIGIN,
    WITNESS,
    Log,
    ended,
    log_of,
    record_id,
    record_text,
)
from tests.builders.checked_exports import COUNT, LINES, TRUST, VERSIONS, WHOLE, checked, line_of, places

OTHER = SigningKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))


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
