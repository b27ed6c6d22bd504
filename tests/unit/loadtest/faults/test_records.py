"""After a fault of the database: every answer has its record, and the log only grew."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, cast

import pytest

from loadtest.faults.fault import Finding
from loadtest.faults.records import count_without_record, log_of, records_of
from loadtest.sections import Text
from tests.unit.loadtest.faults.builders import FakeTarget

ANSWER = {"record_id": "r1", "validity": "1"}


def test_an_answer_that_differs_from_its_record_counts_as_without_one() -> None:
    answer = b'{"record_id": "r1", "validity": "1"}'
    assert count_without_record([answer], ['{"record_id": "r1", "validity": "2"}']) == 1
    assert count_without_record([answer], ['{"validity": "1", "record_id": "r1"}']) == 0


@pytest.mark.parametrize(
    "answer", [b"", b"<html>", b"[]", b"{}", b'{"record_id": null}', b'{"record_id": []}']
)
def test_an_answer_that_names_no_record_counts_as_without_one(answer: bytes) -> None:
    assert count_without_record([answer], ['{"record_id": "r1", "validity": "1"}']) == 1


@pytest.mark.parametrize(
    ("answers", "violation"),
    [
        ([ANSWER], None),
        ([], None),
        ([ANSWER, ANSWER | {"record_id": "r2"}], "1 answers cannot be recomputed from their records"),
    ],
)
def test_answers_without_record_are_a_violation(answers: list[dict[str, str]], violation: str | None) -> None:
    target = FakeTarget(lambda _: json.dumps(ANSWER) + "\n")
    found = asyncio.run(records_of(cast(Any, target), [json.dumps(one).encode() for one in answers]))
    assert (found.name, found.value) == ("answers_compared_with_records", len(answers))
    assert (found.violation and found.violation.en) == violation


class VerifyingTarget(FakeTarget):
    """Its verifier says what it is given."""

    def __init__(self, report: dict[str, Any]) -> None:
        super().__init__()
        self._report = report
        self.notes: list[bytes] = []

    def run_json(self, program: str, *arguments: str | Path, variables: Any = None) -> dict[str, Any]:
        self.commands.append((program, *map(str, arguments)))
        places = [place for place, word in enumerate(arguments) if word == "--checkpoint"]
        self.notes = [Path(arguments[place + 1]).read_bytes() for place in places]
        return self._report


def test_the_whole_log_is_verified_with_every_checkpoint_that_was_published(tmp_path: Path) -> None:
    target = VerifyingTarget({"holds": True, "leaves": 400, "findings": []})
    (tmp_path / "audit.jsonl").write_text("of an earlier fault")
    found = asyncio.run(log_of(cast(Any, target), [b"first", b"second"], tmp_path))
    assert found == [Finding("checkpoints_compared_with_log", 2), Finding("log_leaves", 400)]
    assert target.notes == [b"first", b"second"]
    export = str(tmp_path / "audit.jsonl")
    assert target.commands[0] == ("eligibility-api", "audit", "export", "--out", export)
    assert target.commands[1][:4] == ("eligibility-api", "audit", "verify", export)
    assert not (tmp_path / "audit.jsonl").exists()  # the export refuses a file that exists


def test_a_log_that_forked_is_a_violation(tmp_path: Path) -> None:
    findings = [{"problem": "history-rewritten"}, {"problem": "altered"}, {"problem": "history-rewritten"}]
    target = VerifyingTarget({"holds": False, "leaves": 400, "findings": findings})
    _, leaves = asyncio.run(log_of(cast(Any, target), [], tmp_path))
    assert leaves.violation == Text(
        "監査ログが検証に合格せず（altered, history-rewritten）",
        "the audit log does not verify (altered, history-rewritten)",
    )
