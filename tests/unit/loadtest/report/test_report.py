"""A run's figures and verdict."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from loadtest.database.monitor import DatabaseMonitor
from loadtest.machine.costs import API, DATABASE, GENERATOR, CpuUsage
from loadtest.machine.sampling import Sample, Usage
from loadtest.monitor import Observations
from loadtest.report.presenter import show
from loadtest.scenario.levels import LEVELS
from loadtest.scenario.plan import Plan
from tests.unit.loadtest.scenario.builders import FAULT, HOST_INFO, latencies, observed, report, stats, usage


def test_offered_and_achieved_rates_differ() -> None:
    figures = report(stats=stats(answered=2000, last_answer_at=20.0)).as_json()
    assert (figures["offered_checks_per_s"], figures["achieved_checks_per_s"]) == (316.0, 100.0)
    assert figures["achieved_requests_per_s"] == 1.0
    assert figures["sustained"] is False


def test_json_contains_the_required_figures() -> None:
    figures = report().as_json()
    required = {
        "level", "offered_checks_per_s", "achieved_checks_per_s", "achieved_requests_per_s", "p50_ms", "p99_ms",
        "p999_ms", "errors", "wrong_answers", "generator_bound", "cpu_cores", "memory_mib", "verdict",
    }  # fmt: skip
    assert required <= figures.keys()
    assert figures["cpu_cores"] == {API: 0.9, GENERATOR: 0.3}


@pytest.mark.parametrize(
    ("changes", "passed", "sustained", "words"),
    [
        (
            {},
            True,
            True,
            "This machine sustained L0 (the mean of a weekday over ten hours): 316 of 316 checks/s",
        ),
        ({"stats": stats(checks=latencies(*[90.0] * 100))}, True, False, "did not sustain L0"),
        ({"stats": stats(answered=3100)}, True, False, "did not sustain L0"),
        ({"stats": stats(errors=Counter(overloaded=1))}, False, False, "without errors"),
        ({"wrong": {"validity": 2}}, False, False, "2 of 1043 compared answers were wrong"),
        ({"usages": [usage(3.0), usage(8.1)]}, True, True, "The generator was the bottleneck"),
    ],
)
def test_the_verdict_states_the_result(
    changes: dict[str, Any], passed: bool, sustained: bool, words: str
) -> None:
    made = report(**changes)
    assert (made.passed, made.sustained) == (passed, sustained)
    assert words in made.verdict.en


def test_explained_errors_are_reported_and_no_failure() -> None:
    made = report(stats=stats(errors=Counter({"network: blocked": 2})), sections=[FAULT])
    assert made.passed
    assert made.as_json()["fault"] | {"errors": made.errors} == {
        "sentences": ["Number look-ups continue.", "As expected."],
        "sentences_ja": ["番号照会は継続します。", "想定どおりです。"], "met": True, "explained_errors": {"network: blocked": 2},
        "span_s": None, "recovered_after_s": 3, "errors": {"network: blocked": 2},
    }  # fmt: skip
    assert made.verdict.en.startswith("As expected. L0")
    assert made.verdict.en.endswith("2 errors, 2 of them explained.")


@pytest.mark.parametrize(
    "changes",
    [
        {"stats": stats(errors=Counter({"network: blocked": 3})), "sections": [FAULT]},
        {"sections": [replace(FAULT, met=False)]},
        {"sections": [FAULT], "wrong": {"validity": 1}},
    ],
    ids=["one error too many", "not as expected", "a wrong answer"],
)
def test_a_section_excuses_no_other_failure(changes: dict[str, Any]) -> None:
    assert not report(**changes).passed


def test_a_run_with_a_section_needs_no_checks() -> None:
    assert not report(stats=stats(answered=0, offered=0)).passed
    assert report(stats=stats(answered=0, offered=0), sections=[FAULT]).passed


def test_a_capacity_names_what_else_kept_the_machine_busy() -> None:
    quiet, busy = (
        report(cpu=CpuUsage(10.0, {API: 12.0}), host_info=HOST_INFO, observations=observed(others)).capacity
        for others in (0.1, 1.2)
    )
    assert quiet is not None
    assert busy is not None
    assert "other work" not in quiet.sentence.en
    assert "at 316 checks/s while other work kept 1.2 cores busy)" in busy.sentence.en
    assert "ほかの処理が1.2コアを使用" in busy.sentence.ja


def test_processor_time_is_reported_by_its_shares() -> None:
    cpu = CpuUsage(10.0, {API: 1.0, DATABASE: 1.0, GENERATOR: 1.0})
    samples = observed(
        0.0, **{"api 1": 0.3, "api 2": 0.2, "database": 0.25, "generator 1": 0.2, "jlis": 0.04, "jobs": 0.01}
    )
    made = report(cpu=cpu, observations=samples)
    assert made.as_json()["cpu_shares"] == {API: 0.5, DATABASE: 0.25, GENERATOR: 0.2, "rest": 0.05}
    assert report(cpu=cpu).as_json()["cpu_shares"] == {}


def test_capacity_is_given_in_machines_and_in_cores() -> None:
    cpu = CpuUsage(10.0, {API: 12.0, DATABASE: 4.0, GENERATOR: 3.0})
    capacity = report(cpu=cpu, host_info=HOST_INFO).capacity
    assert capacity is not None
    # 16 core-seconds for 3,160 checks, of which the minute has 1,210 a second.
    assert capacity.cores_needed == pytest.approx(16 / 3160 * 1210)
    assert capacity.busiest_minutes == pytest.approx(2 / capacity.cores_needed)
    assert capacity.sentence.en == (
        "This machine's 2 cores carry 0.33 of the busiest minute nationwide (1,210 checks/s, 37% by card), which"
        " needs 6.1 cores of this kind for API and database (extrapolated from 5.06 core-ms a check, measured at"
        " 316 checks/s)."
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"host_info": None},
        {"sections": [replace(FAULT, span=(3.0, 6.0))]},
        {"stats": stats(answered=0)},
        {"cpu": CpuUsage(10.0, {})},
        {"plan": Plan(LEVELS["storm"], 10.0, 1.0, 1)},
        {"plan": Plan(LEVELS["batch-night"], 10.0, 1.0, 1)},
    ],
)
def test_capacity_is_unknown_without_a_measurement(changes: dict[str, Any]) -> None:
    assert report(**{"host_info": HOST_INFO, **changes}).capacity is None


def test_processes_that_ended_during_the_run_are_counted() -> None:
    samples = [Sample(float(at), {"database": Usage(0.5, 100.0)}, 0.0, 0.0) for at in range(10)]
    observations = Observations(0.0, samples, DatabaseMonitor(lambda: "nowhere"))
    restarted = report(observations=observations, cpu=CpuUsage(10.0, {API: 9.0, DATABASE: 0.1}))
    assert restarted.as_json()["cpu_cores"] == {API: 0.9, DATABASE: 0.5}


def test_a_batch_level_counts_rows() -> None:
    assert "316 of 316 rows/s" in report("batch-night").verdict.en


def test_capacity_is_not_extrapolated_at_the_rate_itself() -> None:
    near = report("L1", stats=stats(answered=12_000, offered=12_100), host_info=HOST_INFO).capacity
    assert near is not None
    assert not near.extrapolated


def test_the_console_shows_errors_sections_and_processes() -> None:
    console = Console(file=io.StringIO(), record=True, width=120)
    show(
        console,
        report(
            stats=stats(errors=Counter(overloaded=3)),
            wrong={"validity": 2},
            host_info=HOST_INFO,
            sections=[FAULT],
        ),
    )
    text = console.export_text()
    for words in (
        "3 × overloaded",
        "2 wrong: validity",
        "api: 0.90 cores, 200 MiB",
        "1,043 answers compared",
        "Number look-ups continue.",
    ):
        assert words in text


def test_the_verdict_is_given_in_japanese_too() -> None:
    sustained, slow = report().verdict.ja, report(stats=stats(checks=latencies(90.0))).verdict.ja
    assert sustained.startswith("このマシンは L0（平日10時間の平均）の負荷に耐えました：")
    assert slow.startswith("このマシンは L0（平日10時間の平均）の負荷に耐えられませんでした：")
    assert report(sections=[FAULT]).verdict.ja.startswith("想定どおりです。L0（平日10時間の平均）：")
