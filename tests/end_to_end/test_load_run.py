"""`loadtest run` against the running stack: open arrivals, every answer compared with the reference model.

One run serves most of the tests. Among its clients is a stale one, which no other may notice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from loadtest.arrivals import RatePeriod, arrivals
from loadtest.dataset.terminals import planned_facilities
from loadtest.overload.curve import TIMES
from loadtest.scenario.levels import LEVELS
from loadtest.scenario.plan import Plan
from tests.builders.load_laboratory import NATION, run_loadtest
from tests.builders.stack import PopulatedStack
from tests.depth import DEEP

SECONDS, SCALE, SEED, TERMINALS = 6.0, 0.15, 7, 8
PLAN = Plan(LEVELS["L0"], SECONDS, SCALE, SEED)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the run's report."""
    return tmp_path_factory.mktemp("report")


def run(stack: PopulatedStack, *arguments: str, exit_codes: Sequence[int] = (0,)) -> dict[str, Any]:
    """Run a level against the stack, a quarter of the people loaded in bulk."""
    size = (
        "--people",
        str(NATION + 100),
        "--uploaded",
        str(NATION),
        "--cards",
        "60",
        "--terminals",
        str(TERMINALS),
    )
    arguments = ("run", *size, "--seed", str(SEED), *arguments)
    _, report = run_loadtest(stack.environment, *arguments, exit_codes=exit_codes)
    return report


@pytest.fixture(scope="module")
def report(stack: PopulatedStack, folder: Path) -> dict[str, Any]:
    """A run of two generators at a part of the level L0. With a fault the exit code depends on speed, too."""
    arguments = [
        "--level", "L0", "--minutes", str(SECONDS / 60), "--scale", str(SCALE), "--generators", "2",
        "--prescriptions", "0.5", "--fault", "stale-client", "--out", str(folder),
    ]  # fmt: skip
    return run(stack, *arguments, exit_codes=(0, 1))


def test_every_answer_under_load_is_that_of_the_naive_model(report: dict[str, Any]) -> None:
    assert (report["wrong_answers"], report["errors"]) == (0, {})
    answers = sum(report["requests"][name]["count"] for name in ("card", "number", "consent"))
    assert report["compared_answers"] == answers


def test_a_stale_client_is_refused_with_a_reason_and_affects_no_other(report: dict[str, Any]) -> None:
    fault = report["fault"]
    assert (report["wrong_answers"], report["errors"], fault["name"]) == (0, {}, "stale-client")
    assert fault["answered_as_expected"] == fault["cases_sent"] > 13  # each of its requests


def counts(report: dict[str, Any]) -> dict[str, int]:
    """The number of requests by name."""
    return {name: row["count"] for name, row in report["requests"].items()}


def test_histories_show_the_entries_that_were_registered(report: dict[str, Any]) -> None:
    requests = counts(report)
    assert requests["prescription"] > 0
    assert requests["dispensing"] > 0
    histories = sum(requests[name] for name in ("medications", "treatments", "health-checkups"))
    assert report["compared_histories"] == histories > 0


def test_every_scheduled_check_was_started(report: dict[str, Any]) -> None:
    count = sum(1 for _ in scheduled())
    assert report["offered_checks_per_s"] == pytest.approx(count / SECONDS, abs=0.1)
    requests = counts(report)
    assert requests["challenge"] == requests["card"] == requests["consent"] > 0
    assert requests["number"] + requests["card"] == count


def test_processes_and_latencies_are_reported(report: dict[str, Any]) -> None:
    assert report["p50_ms"] <= report["p99_ms"] <= report["p999_ms"]
    assert report["cpu_cores"].keys() == report["memory_mib"].keys() == {"api", "database", "generator"}
    assert len(report["generators"]) == 2


def test_every_process_and_the_database_were_monitored(report: dict[str, Any], folder: Path) -> None:
    figures = json.loads((folder / "report.json").read_text())
    assert figures.items() >= report.items()
    assert {
        "api 1", "api 2", "supervisor", "scheduler", "jobs", "database", "jlis", "coordinator", "generator 1",
        "generator 2",
    } <= {name for sample in figures["machine"] for name in sample["processes"]}  # fmt: skip
    database = figures["database"]
    assert database["sees_all_sessions"]
    assert database["statistics"]["tables"]["audit_record"]["inserted"] > 0
    assert database["samples"] > 0
    assert (folder / "report.html").read_text().count("<img") >= 6


def test_the_rows_of_a_nights_batches_are_answered_as_by_the_model(
    stack: PopulatedStack, tmp_path: Path
) -> None:
    arguments = ("--level", "batch-night", "--scale", "0.5", "--minutes", "0.1", "--out", str(tmp_path))
    night = run(stack, *arguments)
    assert (night["wrong_answers"], night["errors"]) == (0, {})
    requests = counts(night)
    assert requests["batch"] > 0
    assert requests["batch state"] >= requests["batch"] == requests["batch results"]
    assert night["compared_answers"] == round(night["offered_checks_per_s"] * night["seconds"]) > 0


def scheduled() -> Iterator[float]:
    """The arrivals that the two generators' seeds draw, each for its terminals' share of the rate."""
    weights = [facility.weight for facility in planned_facilities(TERMINALS)]
    for number in range(2):
        part = PLAN.for_generator(number, sum(weights[number::2]) / sum(weights))
        yield from arrivals([RatePeriod(SECONDS, part.checks_per_s)], Random(part.seed))


@pytest.mark.skipif(
    not DEEP, reason="half a minute; the parts are in tests/unit/loadtest/overload; `make deep`"
)
def test_an_overload_is_offered_in_steps_and_reported_as_a_curve(stack: PopulatedStack) -> None:
    size = ("--people", "300", "--cards", "60", "--terminals", str(TERMINALS))
    arguments = ("overload", *size, "--seconds", "2", "--capacity", "25")
    code, report = run_loadtest(stack.environment, *arguments, exit_codes=(0, 1))
    curve = report["curve"]
    assert [step["times"] for step in curve["steps"]] == list(TIMES)
    assert curve["peak_goodput_per_s"] > 0
    assert report["wrong_answers"] == 0
    assert report["compared_answers"] > 0
    assert code == (0 if all(curve["expectations"].values()) else 1)
