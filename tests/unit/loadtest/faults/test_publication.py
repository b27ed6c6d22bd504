"""Publication under load: which file is published, and what is added to the reference data."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from loadtest.dataset.member_files import read_cells
from loadtest.dataset.reference_data import PublishedFile
from loadtest.errors import LoadError
from loadtest.faults.publication import RenewedCertificates, renewed
from tests.unit.loadtest.faults.builders import (
    PUBLISHED_AT,
    UNDONE_AT,
    FakeTarget,
    fault_context,
    member_file,
    recording_dataset,
)


def insurer(state: str = "published") -> Callable[[tuple[str, ...]], str]:
    answers: dict[str, dict[str, Any]] = {
        "upload": {
            "upload_id": "u1",
            "state": state,
            "known_from": PUBLISHED_AT.isoformat(),
            "report": {"rows": 30, "changed": 29},
        },
        "undo": {"upload_id": "u1", "state": "undone", "undone_from": UNDONE_AT.isoformat()},
    }
    return lambda command: json.dumps(answers[command[1]])


def renewed_certificates(
    tmp_path: Path, target: FakeTarget
) -> tuple[RenewedCertificates, list[tuple[Path, PublishedFile]]]:
    member_file(tmp_path / "population" / "2026-10", "39010001", filled=0, rows=10)
    member_file(tmp_path / "population" / "2026-10", "06010001", filled=0, rows=30)
    dataset, published = recording_dataset()
    return RenewedCertificates(fault_context(target, folder=tmp_path, dataset=dataset)), published


def test_the_largest_insurers_certificates_are_renewed_published_and_undone(tmp_path: Path) -> None:
    target = FakeTarget(insurer())
    injector, published = renewed_certificates(tmp_path, target)

    async def run() -> dict[str, Any]:
        await injector.inject()
        await injector.remove()
        await injector.remove()
        return {finding.name: finding.value for finding in await injector.findings([])}

    findings = asyncio.run(run())
    file = tmp_path / "renewed-06010001.csv"
    assert (findings["rows_published"], findings["members_changed"]) == (30, 29)
    assert [command[1] for command in target.commands] == ["upload", "undo"]
    assert published == [(file, PublishedFile(PUBLISHED_AT, UNDONE_AT))]
    rows = list(read_cells(file))
    assert len(rows) == 30
    assert len({row["valid_to"] for row in rows}) == 1
    assert {row["valid_from"] for row in rows} == {row["issued_on"] for row in rows}


def test_a_file_that_is_not_published_ends_the_run(tmp_path: Path) -> None:
    injector, published = renewed_certificates(tmp_path, FakeTarget(insurer("refused")))

    async def run() -> None:
        with pytest.raises(LoadError, match="could not be published: refused"):
            await injector.inject()
        await injector.remove()

    asyncio.run(run())
    assert published == []


def test_a_dataset_without_files_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "population").mkdir()
    with pytest.raises(LoadError):
        RenewedCertificates(fault_context(folder=tmp_path))


def test_each_renewal_is_different() -> None:
    day = date(2026, 11, 26)
    assert renewed(day, 1) != renewed(day, 2)
    assert renewed(day, 1)["issued_on"] == "2026-11-26"
    assert renewed(day, 1)["valid_to"] > "2027-11-25"
