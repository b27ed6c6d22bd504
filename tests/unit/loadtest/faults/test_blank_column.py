"""An insurer's blank column: which file, what is sent, what the fund has to do."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from eligibility_api.contract.member_file import MEMBER_COLUMNS
from loadtest.dataset.member_files import read_cells
from loadtest.dataset.reference_data import PublishedFile
from loadtest.faults.blank_column import COLUMNS, BlankColumn, fullest, write_blank
from loadtest.target import LoadError
from tests.unit.loadtest.faults.builders import FakeThere, fault_context

FROM, UNTIL = datetime(2026, 11, 26, 3, tzinfo=UTC), datetime(2026, 11, 26, 4, tzinfo=UTC)
HELD = {"code": "fill-dropped", "holds": True}


def member_file(folder: Path, insurer: str, *, filled: int, rows: int = 30) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"members-{insurer}.csv"
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, MEMBER_COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        for number in range(rows):
            ratio = {"burden_ratio": "10"} if number < filled else {}
            writer.writerow({"insurer_number": insurer, "number": number, **ratio})
    return file


def test_the_file_with_the_most_to_lose_is_taken(tmp_path: Path) -> None:
    files = [member_file(tmp_path, "39010001", filled=25), member_file(tmp_path, "06010001", filled=3)]
    assert fullest(files) == (files[0], 25)


def test_a_nation_whose_insurers_have_too_little_to_lose_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="a larger nation has"):
        fullest([member_file(tmp_path, "39010001", filled=19)])
    with pytest.raises(LoadError):
        fullest([])


def test_the_blank_file_is_the_same_but_for_the_columns_and_private(tmp_path: Path) -> None:
    file, blank = member_file(tmp_path, "39010001", filled=25), tmp_path / "blank.csv"
    write_blank(file, blank)
    before, after = (list(read_cells(each)) for each in (file, blank))
    assert [{**row, **dict.fromkeys(COLUMNS, "")} for row in before] == after
    assert blank.stat().st_mode & 0o077 == 0


def payer(*, sent: dict[str, Any]) -> Callable[[tuple[str, ...]], str]:
    answers: dict[str, dict[str, Any]] = {
        "upload": {"upload_id": "u1", **sent},
        "approve": {"upload_id": "u1", "state": "published", "known_from": FROM.isoformat()},
        "undo": {"upload_id": "u1", "state": "undone", "undone_from": UNTIL.isoformat()},
        "seen-by": {"facilities": [{"answers": 2}, {"answers": 3}]},
    }
    return lambda words: json.dumps(answers[words[1]])


def inflicted(tmp_path: Path, target: FakeThere) -> tuple[BlankColumn, list[tuple[Path, PublishedFile]]]:
    shown: list[tuple[Path, PublishedFile]] = []
    reference_data = SimpleNamespace(publish=lambda file, when: shown.append((file, when)))
    member_file(tmp_path / "country" / "2026-09", "39010001", filled=30)
    member_file(tmp_path / "country" / "2026-10", "39010001", filled=25)
    return BlankColumn(
        fault_context(target, folder=tmp_path, dataset=SimpleNamespace(reference_data=reference_data))
    ), shown


def test_it_is_sent_held_published_by_another_person_and_undone(tmp_path: Path) -> None:
    target = FakeThere(payer(sent={"state": "held", "report": {"findings": [HELD]}}))
    blank, shown = inflicted(tmp_path, target)

    async def run() -> list[tuple[str, Any, str | None]]:
        await blank.inject()
        await blank.lift()
        await blank.lift()
        return [(remark.name, remark.value, remark.broken) for remark in await blank.findings([])]

    assert asyncio.run(run()) == [
        ("cells_blanked", 25, None),
        ("held_for", ["fill-dropped"], None),
        ("facilities_named_as_having_seen_it", 2, None),
        ("answers_named_as_withdrawn", 5, None),
    ]
    assert [words[1] for words in target.asked] == ["upload", "approve", "undo", "seen-by"]
    assert target.variables[0]["PAYER_APPROVER"].endswith("approver-39010001.json")
    assert shown == [(tmp_path / "blank-39010001.csv", PublishedFile(FROM, UNTIL))]


def test_a_file_that_is_not_held_ends_the_run(tmp_path: Path) -> None:
    blank, shown = inflicted(tmp_path, FakeThere(payer(sent={"state": "published", "report": None})))

    async def run() -> None:
        with pytest.raises(LoadError, match="not held, but published"):
            await blank.inject()
        await blank.lift()

    asyncio.run(run())
    assert shown == []


def test_a_program_that_says_nothing_is_told(tmp_path: Path) -> None:
    blank, _ = inflicted(tmp_path, FakeThere(lambda _: ""))
    with pytest.raises(LoadError, match="payer-mock upload told nothing"):
        asyncio.run(blank.inject())
