"""Generated health check-ups: plausible, reproducible, and only of members insured on the day."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from eligibility_api.contract.checkups import CheckupInput
from payer_mock.claims.checkups import write_checkup_files
from payer_mock.cli import app
from payer_mock.population.files import read_rows
from tests.unit.payer_mock.claims.conftest import PEOPLE, GeneratedClaims

pytestmark = pytest.mark.slow

SYSTOLIC, DIASTOLIC = "9A751000000000001", "9A761000000000001"


def lines(folder: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted(folder.iterdir())
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


@pytest.fixture(scope="module")
def checkups(generated: GeneratedClaims, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("checkups")
    written = write_checkup_files(generated.population, 2026, folder)
    found = lines(folder)
    assert written.checkups == len(found)
    return found


def test_every_line_is_valid(checkups: list[dict[str, Any]]) -> None:
    assert all(CheckupInput.model_validate_json(json.dumps(each)) for each in checkups)
    assert 0.2 * PEOPLE < len(checkups) < 0.5 * PEOPLE


def test_values_are_plausible(checkups: list[dict[str, Any]]) -> None:
    pressures = [
        {item["item_code"]: float(item["value"]) for item in each["items"] if item["data_type"] == "PQ"}
        for each in checkups
    ]
    assert all(70 <= each[SYSTOLIC] <= 220 and 40 <= each[DIASTOLIC] <= 130 for each in pressures)
    assert all("unit" in item for each in checkups for item in each["items"] if item["data_type"] == "PQ")


def test_members_are_examined_only_while_insured(
    generated: GeneratedClaims, checkups: list[dict[str, Any]]
) -> None:
    insured: defaultdict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
    for path in (generated.population / "2026-10").glob("members-[0-9]*.csv"):
        for _, row in read_rows(path):
            key = row["insurer_number"], row["number"], row["birth_date"]
            insured[key].append((row["acquired_on"], row.get("lost_on", "9999")))
    for each in checkups:
        key = each["insurer_number"], each["number"], each["birth_date"]
        assert any(since <= each["examined_on"] < until for since, until in insured[key])
        assert each["birth_date"] < "1987-04-01"


def test_the_same_population_and_year_give_the_same_bytes(
    generated: GeneratedClaims, checkups: list[dict[str, Any]], tmp_path: Path
) -> None:
    arguments = [
        "checkups-files",
        str(generated.population),
        "--year",
        "2026",
        "--out",
        str(tmp_path),
        "--json",
    ]
    result = CliRunner().invoke(app, arguments)
    assert json.loads(result.stdout)["checkups"] == len(checkups)
    assert lines(tmp_path) == checkups
