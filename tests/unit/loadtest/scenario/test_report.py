"""A run's figures and verdict."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from loadtest.database.monitor import DatabaseMonitor
from loadtest.generator.messages import GeneratorUsage
from loadtest.machine.costs import API, DATABASE, GENERATOR, CpuUsage
from loadtest.machine.host_info import HostInfo
from loadtest.machine.sampling import Sample, Usage
from loadtest.monitor import Observations
from loadtest.scenario.histogram import LatencyHistogram
from loadtest.scenario.levels import LEVELS
from loadtest.scenario.plan import Plan
from loadtest.scenario.presenter import show
from loadtest.scenario.report import RunReport
from loadtest.scenario.run_stats import RunStats
from loadtest.scenario.sections import ReportSection

SPENT = CpuUsage(10.0, {API: 9.0, GENERATOR: 3.0})

LOCAL_COMMAND = HostInfo("loadtest run --level L0", "0123456789", 2, "a processor", 7.6, "Linux 6", "3.11.7")

FAULT = ReportSection(
    "fault",
    "故障 / Fault",
    ("Number look-ups go on.", "As expected."),
    {"back_after_s": 3},
    explained={"network: cut": 2},
)


def usage(cpu_seconds: float) -> GeneratorUsage:
    """Of a generator, in ten seconds."""
    return GeneratorUsage(seconds=10.0, cpu_seconds=cpu_seconds, memory_mib=60.0, connections=5)


def times(*milliseconds: float) -> LatencyHistogram:
    made = LatencyHistogram()
    for one in milliseconds:
        made.add(one)
    return made


def stats(**changes: Any) -> RunStats:
    usual: dict[str, Any] = {
        "offered": 3160, "answered": 3160, "checks": times(*[9.0] * 99, 40.0), "lags": times(1.0),
        "requests": {"number": times(*[8.0] * 20)}, "last_answer_after": 10.0,
    }  # fmt: skip
    return RunStats(**usual | changes)


def report(level: str = "L0", **changes: Any) -> RunReport:
    usual: dict[str, Any] = {
        "plan": Plan(LEVELS[level], 10.0, 1.0, 1), "seen": stats(), "spent": SPENT, "memory": {API: 200.0},
        "compared": 1043, "wrong": {}, "size": {"people": 3000}, "efforts": [usage(3.0), usage(4.0)],
    }  # fmt: skip
    return RunReport(**usual | changes)


def test_offered_and_achieved_are_told_apart() -> None:
    told = report(stats=stats(answered=2000, last_answer_after=20.0)).as_json()
    assert (told["offered_checks_per_s"], told["achieved_checks_per_s"]) == (316.0, 100.0)
    assert told["achieved_requests_per_s"] == 1.0
    assert told["carried"] is False


def test_json_has_the_figures_that_are_promised() -> None:
    told = report().as_json()
    promised = {
        "level", "offered_checks_per_s", "achieved_checks_per_s", "achieved_requests_per_s", "p50_ms", "p99_ms",
        "p999_ms", "errors", "wrong_answers", "generator_bound", "cpu_cores", "memory_mib", "verdict",
    }  # fmt: skip
    assert promised <= told.keys()
    assert told["cpu_cores"] == {API: 0.9, GENERATOR: 0.3}


@pytest.mark.parametrize(
    ("changes", "passed", "carried", "words"),
    [
        (
            {},
            True,
            True,
            "This machine carried L0 (the mean of a weekday over ten hours): 316 of 316 checks/s",
        ),
        ({"seen": stats(checks=times(*[90.0] * 100))}, True, False, "did not carry L0"),
        ({"seen": stats(answered=3100)}, True, False, "did not carry L0"),
        ({"seen": stats(errors=Counter(overloaded=1))}, False, False, "without errors"),
        ({"wrong": {"validity": 2}}, False, False, "2 of 1043 compared answers were wrong"),
        ({"efforts": [usage(3.0), usage(8.1)]}, True, True, "The generator was the bottleneck"),
    ],
)
def test_the_verdict_says_what_was_carried(
    changes: dict[str, Any], passed: bool, carried: bool, words: str
) -> None:
    made = report(**changes)
    assert (made.passed, made.carried) == (passed, carried)
    assert words in made.verdict


def test_errors_that_a_part_explains_are_told_and_are_no_failure() -> None:
    made = report(stats=stats(errors=Counter({"network: cut": 2})), parts=[FAULT])
    assert made.passed
    assert made.as_json()["fault"] | {"errors": made.errors} == {
        "sentences": ["Number look-ups go on.", "As expected."], "held": True, "explained_errors": {"network: cut": 2},
        "span_s": None, "back_after_s": 3, "errors": {"network: cut": 2},
    }  # fmt: skip
    assert made.verdict.startswith("As expected. L0")
    assert made.verdict.endswith("2 errors, 2 of them explained.")


@pytest.mark.parametrize(
    "changes",
    [
        {"seen": stats(errors=Counter({"network: cut": 3})), "parts": [FAULT]},
        {"parts": [replace(FAULT, held=False)]},
        {"parts": [FAULT], "wrong": {"validity": 1}},
    ],
    ids=["one error too many", "not as expected", "a wrong answer"],
)
def test_a_part_excuses_nothing_else(changes: dict[str, Any]) -> None:
    assert not report(**changes).passed


def test_a_run_may_be_about_something_else_than_checks() -> None:
    assert not report(stats=stats(answered=0, offered=0)).passed
    assert report(stats=stats(answered=0, offered=0), parts=[FAULT]).passed


def test_the_busiest_minute_is_told_in_machines_and_in_cores() -> None:
    spent = CpuUsage(10.0, {API: 12.0, DATABASE: 4.0, GENERATOR: 3.0})
    capacity = report(spent=spent, host_info=LOCAL_COMMAND).capacity
    assert capacity is not None
    # 16 core-seconds for 3,160 checks, of which the minute has 1,210 a second.
    assert capacity.cores_needed == pytest.approx(16 / 3160 * 1210)
    assert capacity.fits == pytest.approx(2 / capacity.cores_needed)
    assert capacity.sentence == (
        "The nation's busiest minute (1,210 checks/s, 37% by card) fits 0.33 times into this machine's 2 cores; it"
        " needs 6.1 cores of this kind for API and database (extrapolated from 5.06 core-ms a check, measured at 316"
        " checks/s)."
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"circumstances": None},
        {"parts": [replace(FAULT, span=(3.0, 6.0))]},
        {"seen": stats(answered=0)},
        {"spent": CpuUsage(10.0, {})},
        {"plan": Plan(LEVELS["storm"], 10.0, 1.0, 1)},
        {"plan": Plan(LEVELS["batch-night"], 10.0, 1.0, 1)},
    ],
)
def test_no_machine_is_told_from_what_is_no_measure_of_checks(changes: dict[str, Any]) -> None:
    assert report(**{"circumstances": LOCAL_COMMAND, **changes}).capacity is None


def test_processes_that_ended_on_the_way_are_not_forgotten() -> None:
    samples = [Sample(float(at), {"database": Usage(0.5, 100.0)}, 0.0, 0.0) for at in range(10)]
    observations = Observations(0.0, samples, DatabaseMonitor(lambda: "nowhere"))
    restarted = report(observations=observations, spent=CpuUsage(10.0, {API: 9.0, DATABASE: 0.1}))
    assert restarted.as_json()["cpu_cores"] == {API: 0.9, DATABASE: 0.5}


def test_rows_of_batches_are_called_so() -> None:
    assert "316 of 316 rows/s" in report("batch-night").verdict


def test_at_the_rate_itself_nothing_is_extrapolated() -> None:
    near = report("L1", stats=stats(answered=12_000, offered=12_100), host_info=LOCAL_COMMAND).capacity
    assert near is not None
    assert not near.extrapolated


def test_people_read_errors_faults_and_processes() -> None:
    console = Console(file=io.StringIO(), record=True, width=120)
    show(
        console,
        report(stats=stats(errors=Counter(overloaded=3)), wrong={"validity": 2}, host_info=LOCAL_COMMAND, parts=[FAULT]),
    )
    text = console.export_text()
    for words in (
        "3 × overloaded",
        "2 wrong: validity",
        "api: 0.90 cores, 200 MiB",
        "1,043 answers compared",
        "Number look-ups go on.",
    ):
        assert words in text
