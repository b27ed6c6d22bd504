"""An insurer's renewed certificates: which file, what is sent, what is told to who knows the right answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from loadtest.dataset.member_files import read_cells
from loadtest.dataset.reference_data import PublishedFile
from loadtest.faults.publication import Publication, renewed
from loadtest.target import LoadError
from tests.unit.loadtest.faults.builders import FakeThere, fault_context
from tests.unit.loadtest.faults.test_blank_column import FROM, UNTIL, member_file


def payer(state: str = "published") -> Callable[[tuple[str, ...]], str]:
    answers: dict[str, dict[str, Any]] = {
        "upload": {
            "upload_id": "u1",
            "state": state,
            "known_from": FROM.isoformat(),
            "report": {"rows": 30, "changed": 29},
        },
        "undo": {"upload_id": "u1", "state": "undone", "undone_from": UNTIL.isoformat()},
    }
    return lambda words: json.dumps(answers[words[1]])


def published(tmp_path: Path, target: FakeThere) -> tuple[Publication, list[tuple[Path, PublishedFile]]]:
    shown: list[tuple[Path, PublishedFile]] = []
    reference_data = SimpleNamespace(publish=lambda file, when: shown.append((file, when)))
    member_file(tmp_path / "country" / "2026-10", "39010001", filled=0, rows=10)
    member_file(tmp_path / "country" / "2026-10", "06010001", filled=0, rows=30)
    return Publication(
        fault_context(target, folder=tmp_path, dataset=SimpleNamespace(reference_data=reference_data))
    ), shown


def test_the_largest_insurers_certificates_are_renewed_published_and_undone(tmp_path: Path) -> None:
    target = FakeThere(payer())
    publication, shown = published(tmp_path, target)

    async def run() -> dict[str, Any]:
        await publication.inject()
        await publication.lift()
        await publication.lift()
        return {remark.name: remark.value for remark in await publication.findings([])}

    told = asyncio.run(run())
    file = tmp_path / "renewed-06010001.csv"
    assert (told["rows_published"], told["members_changed"]) == (30, 29)
    assert [words[1] for words in target.asked] == ["upload", "undo"]
    assert shown == [(file, PublishedFile(FROM, UNTIL))]
    rows = list(read_cells(file))
    assert len(rows) == 30
    assert len({row["valid_to"] for row in rows}) == 1
    assert {row["valid_from"] for row in rows} == {row["issued_on"] for row in rows}


def test_a_file_that_is_not_published_ends_the_run_and_shows_nowhere(tmp_path: Path) -> None:
    publication, shown = published(tmp_path, FakeThere(payer("refused")))

    async def run() -> None:
        with pytest.raises(LoadError, match="could not be published: refused"):
            await publication.inject()
        await publication.lift()

    asyncio.run(run())
    assert shown == []


def test_a_nation_without_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "country").mkdir()
    with pytest.raises(LoadError):
        Publication(fault_context(folder=tmp_path))


def test_no_two_renewals_say_the_same() -> None:
    day = date(2026, 11, 26)
    assert renewed(day, 1) != renewed(day, 2)
    assert renewed(day, 1)["issued_on"] == "2026-11-26"
    assert renewed(day, 1)["valid_to"] > "2027-11-25"
