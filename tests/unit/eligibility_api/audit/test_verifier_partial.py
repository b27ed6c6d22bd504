"""The offline verifier checks an export of some records, each with its proof, as a person has of her own."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from eligibility_api.audit.verification.findings import Problem
from eligibility_api.audit.verification.instants import canonical
from eligibility_api.merkle_log.exports import Record, decode, encode
from tests.builders.audit_exports import BEGIN, ended
from tests.builders.checked_exports import LINES, TRUST, WHOLE, checked, line_of, places

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
