"""`loadtest run` against the running house: patients come when they come, and every answer is held against the model."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from loadtest.dataset.terminals import planned_facilities
from loadtest.scenario.levels import LEVELS
from loadtest.scenario.plan import Plan
from loadtest.scenario.arrivals import RatePeriod, arrivals
from tests.builders.house import Inhabited

SECONDS, SCALE, SEED, TERMINALS = 20.0, 0.1, 7, 8
PLAN = Plan(LEVELS["L0"], SECONDS, SCALE, SEED)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the run leaves its report."""
    return tmp_path_factory.mktemp("report")


def loaded(house: Inhabited, *words: str) -> dict[str, Any]:
    """What a run against the house printed, a quarter of the nation filled in."""
    nation = ("--people", "400", "--uploaded", "300", "--cards", "60", "--terminals", str(TERMINALS))
    program = "from loadtest.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, "run", *nation, "--seed", str(SEED), "--json", *words],
        env=house.house.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    told = json.loads(done.stdout)
    assert isinstance(told, dict)
    return told


@pytest.fixture(scope="module")
def report(house: Inhabited, folder: Path) -> dict[str, Any]:
    """What a run of two generators at a tenth of the level L0 printed."""
    words = [
        "--level", "L0", "--minutes", str(SECONDS / 60), "--scale", str(SCALE), "--generators", "2",
        "--prescriptions", "0.5", "--out", str(folder),
    ]  # fmt: skip
    return loaded(house, *words)


def test_every_answer_under_load_is_that_of_the_naive_model(report: dict[str, Any]) -> None:
    assert (report["wrong_answers"], report["errors"]) == (0, {})
    answers = sum(report["requests"][what]["count"] for what in ("card", "number", "consent"))
    assert report["compared_answers"] == answers


def test_what_was_told_of_a_patient_is_what_is_seen_of_her(report: dict[str, Any]) -> None:
    requests = {what: row["count"] for what, row in report["requests"].items()}
    assert requests["prescription"] > 0
    assert requests["dispensing"] > 0
    looks = sum(requests[what] for what in ("medications", "treatments", "health-checkups"))
    assert report["compared_looks"] == looks > 0


def test_everybody_came_when_the_schedule_said(report: dict[str, Any]) -> None:
    count = sum(1 for _ in scheduled())
    assert report["offered_checks_per_s"] == pytest.approx(count / SECONDS, abs=0.1)
    requests = {what: row["count"] for what, row in report["requests"].items()}
    assert requests["challenge"] == requests["card"] == requests["consent"] > 0
    assert requests["number"] + requests["card"] == count


def test_processes_and_latencies_are_told(report: dict[str, Any]) -> None:
    assert report["p50_ms"] <= report["p99_ms"] <= report["p999_ms"]
    assert report["cpu_cores"].keys() == report["memory_mib"].keys() == {"api", "database", "generator"}
    assert len(report["generators"]) == 2


def test_every_process_and_the_database_were_watched(report: dict[str, Any], folder: Path) -> None:
    told = json.loads((folder / "report.json").read_text())
    assert told.items() >= report.items()
    assert {
        "api 1", "api 2", "supervisor", "keeper", "worker", "database", "jlis", "coordinator", "generator 1",
        "generator 2",
    } <= {name for sample in told["machine"] for name in sample["processes"]}  # fmt: skip
    database = told["database"]
    assert database["sees_all_sessions"]
    assert database["statistics"]["tables"]["audit_record"]["inserted"] > 0
    assert database["looks"] > 0
    assert (folder / "report.html").read_text().count("<svg") >= 6


def test_batches_of_a_night_are_answered_row_by_row_as_the_model_says(
    house: Inhabited, tmp_path: Path
) -> None:
    words = ("--level", "batch-night", "--scale", "0.5", "--minutes", "0.1", "--out", str(tmp_path))
    night = loaded(house, *words)
    assert (night["wrong_answers"], night["errors"]) == (0, {})
    requests = {what: row["count"] for what, row in night["requests"].items()}
    assert requests["batch"] > 0
    assert requests["batch state"] >= requests["batch"] == requests["batch results"]
    assert night["compared_answers"] == round(night["offered_checks_per_s"] * night["seconds"]) > 0


def scheduled() -> Iterator[float]:
    """The instants that the two generators' seeds draw, each for its terminals' part of the rate."""
    weights = [place.weight for place in planned_facilities(TERMINALS)]
    for number in range(2):
        part = PLAN.part(number, sum(weights[number::2]) / sum(weights))
        yield from arrivals([RatePeriod(SECONDS, part.checks_per_s)], Random(part.seed))
