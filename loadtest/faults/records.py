"""After a fault of the database: whether every answer has its record, and whether the audit log only grew."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from loadtest.faults.fault import Finding
from loadtest.scenario.answer_check import parse_answer
from loadtest.sections import Text
from loadtest.target import TargetEnvironment


async def records_of(target: TargetEnvironment, answers: Sequence[bytes]) -> Finding:
    """The number of answers that were compared with what their records say. Raises LoadError."""
    recomputed = await asyncio.to_thread(target.run, "eligibility-api", ("audit", "recompute"))
    lost, violation = count_without_record(answers, recomputed.splitlines()), None
    if lost:
        violation = Text(
            f"回答{lost}件を記録から再計算できず", f"{lost} answers cannot be recomputed from their records"
        )
    return Finding("answers_compared_with_records", len(answers), violation)


def count_without_record(answers: Sequence[bytes], recomputed: Sequence[str]) -> int:
    """The number of answers (JSON) that differ from those recomputed from the records (JSON, one each)."""
    by_record = {answer["record_id"]: answer for answer in map(json.loads, recomputed)}
    return sum(by_record.get(str(answer.get("record_id"))) != answer for answer in map(parse_answer, answers))


async def log_of(target: TargetEnvironment, checkpoints: Sequence[bytes], folder: Path) -> list[Finding]:
    """What `audit verify` says of the whole log, beside every checkpoint that was published. Raises LoadError, OSError."""
    export = folder / "audit.jsonl"
    export.unlink(missing_ok=True)
    kept = [folder / f"checkpoint-{number}.note" for number in range(len(checkpoints))]
    for path, note in zip(kept, checkpoints, strict=True):
        path.write_bytes(note)
    await asyncio.to_thread(target.run, "eligibility-api", ("audit", "export", "--out", str(export)))
    compared = [word for path in kept for word in ("--checkpoint", path)]
    report = await asyncio.to_thread(
        target.run_json, "eligibility-api", "audit", "verify", export, "--json", *compared
    )
    violation = None
    if not report["holds"]:
        problems = ", ".join(sorted({str(one["problem"]) for one in report["findings"]}))
        violation = Text(
            f"監査ログが検証に合格せず（{problems}）", f"the audit log does not verify ({problems})"
        )
    return [
        Finding("checkpoints_compared_with_log", len(checkpoints)),
        Finding("log_leaves", report["leaves"], violation),
    ]
