"""The blank column: which file is sent, and what the fund must do with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loadtest.dataset.member_files import read_cells
from loadtest.dataset.reference_data import PublishedFile
from loadtest.errors import LoadError
from loadtest.faults.blank_column import COLUMNS, blank_column, fullest, write_blank
from loadtest.faults.wrong_file import WrongFile
from tests.unit.loadtest.faults.builders import (
    PUBLISHED_AT,
    UNDONE_AT,
    FakeTarget,
    fault_context,
    member_file,
    recording_dataset,
)

HELD = {"code": "fill-dropped", "holds": True}


def test_the_fullest_file_is_chosen(tmp_path: Path) -> None:
    files = [member_file(tmp_path, "39010001", filled=25), member_file(tmp_path, "06010001", filled=3)]
    assert fullest(files) == (files[0], 25)


def test_a_dataset_with_too_few_values_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="increase --people"):
        fullest([member_file(tmp_path, "39010001", filled=19)])
    with pytest.raises(LoadError):
        fullest([])


def test_the_blank_file_differs_in_the_columns_only_and_is_private(tmp_path: Path) -> None:
    file, blank = member_file(tmp_path, "39010001", filled=25), tmp_path / "blank.csv"
    write_blank(file, blank)
    before, after = (list(read_cells(each)) for each in (file, blank))
    assert before
    assert [{**row, **dict.fromkeys(COLUMNS, "")} for row in before] == after
    assert blank.stat().st_mode & 0o077 == 0


def insurer(*, upload: dict[str, Any]) -> Callable[[tuple[str, ...]], str]:
    answers: dict[str, dict[str, Any]] = {
        "upload": {"upload_id": "u1", **upload},
        "approve": {
            "upload_id": "u1",
            "state": "published",
            "known_from": PUBLISHED_AT.isoformat(),
            "report": {"changed": 24, "new": 0},
        },
        "undo": {"upload_id": "u1", "state": "undone", "undone_from": UNDONE_AT.isoformat()},
        "seen-by": {"facilities": [{"answers": 2}, {"answers": 3}]},
    }
    return lambda command: json.dumps(answers[command[1]])


def sender(tmp_path: Path, target: FakeTarget) -> tuple[WrongFile, list[tuple[Path, PublishedFile]]]:
    member_file(tmp_path / "population" / "2026-09", "39010001", filled=30)
    member_file(tmp_path / "population" / "2026-10", "39010001", filled=25)
    dataset, published = recording_dataset()
    return blank_column(fault_context(target, folder=tmp_path, dataset=dataset)), published


def test_the_file_is_sent_held_approved_by_another_person_and_undone(tmp_path: Path) -> None:
    target = FakeTarget(insurer(upload={"state": "held", "report": {"findings": [HELD]}}))
    blank, published = sender(tmp_path, target)

    async def run() -> list[tuple[str, Any, object]]:
        await blank.inject()
        await blank.remove()
        await blank.remove()
        return [(finding.name, finding.value, finding.took_hold) for finding in await blank.findings([])]

    assert asyncio.run(run()) == [
        ("cells_blanked", 25, None),
        ("held_for", ["fill-dropped"], None),
        ("rows_refused", 0, None),
        ("members_changed", 24, True),
        ("facilities_affected", 2, None),
        ("answers_affected", 5, None),
    ]
    assert [command[1] for command in target.commands] == ["upload", "approve", "undo", "seen-by"]
    assert target.variables[0]["PAYER_APPROVER"].endswith("approver-39010001.json")
    assert published == [(tmp_path / "blank-39010001.csv", PublishedFile(PUBLISHED_AT, UNDONE_AT))]


def test_a_row_that_the_fund_refuses_fails_the_fault_since_the_model_takes_it_as_accepted(
    tmp_path: Path,
) -> None:
    report = {"findings": [HELD], "bad_rows": 34}
    blank, _ = sender(tmp_path, FakeTarget(insurer(upload={"state": "held", "report": report})))

    async def run() -> dict[str, Any]:
        await blank.inject()
        return {finding.name: finding.violation for finding in await blank.findings([])}

    violations = asyncio.run(run())
    assert "the fund refused 34 rows" in str(violations.pop("rows_refused"))
    assert set(violations.values()) == {None}


def test_a_file_that_is_not_held_ends_the_run(tmp_path: Path) -> None:
    target = FakeTarget(insurer(upload={"state": "published", "report": None}))
    blank, published = sender(tmp_path, target)

    async def run() -> None:
        with pytest.raises(LoadError, match="not held, but published"):
            await blank.inject()
        await blank.remove()

    asyncio.run(run())
    assert published == []
