"""Ratios and verdict of a baseline measurement."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from loadtest.baseline.cases import FASTAPI, NUMBER, TAP
from loadtest.baseline.report import show
from loadtest.machine.costs import API, DATABASE, GENERATOR, CpuUsage
from tests.unit.loadtest.baseline.builders import report

REACHED = {TAP: {"rates": [2000.0]}, NUMBER: {"rates": [3150.0]}}
"""As fast as the baseline, and 0.35 of FastAPI's rate."""


def test_ratios_are_of_median_rates_and_of_processor_time() -> None:
    slow = CpuUsage(10.0, {API: 9.0, DATABASE: 3.0, GENERATOR: 5.0})
    assert report(tap={"usage": slow}).ratios == {
        "tap_over_baseline": pytest.approx(0.7),
        "number_over_fastapi": pytest.approx(1 / 3),
        "tap_cpu_over_baseline": pytest.approx(1.5),
    }


def test_processor_time_is_reported_per_request_and_kind_of_process() -> None:
    figures = report().as_json()["cases"][TAP]
    assert figures["cpu_us_per_request"] == {API: 300.0, DATABASE: 100.0}
    assert (figures["requests_per_s"], figures["requests_per_core_s"]) == (2800.0, 2500.0)


@pytest.mark.parametrize(
    ("changes", "ending"),
    [
        (REACHED, "FastAPI's minimal route (goal 0.35): reached."),
        (REACHED | {TAP: {"rates": [1999.0]}}, "not reached."),
        (REACHED | {NUMBER: {"rates": [3149.0]}}, "not reached."),
        (
            {FASTAPI: {"usage": CpuUsage(10, {GENERATOR: 8.5})}},
            "The generator was the bottleneck of: fastapi.",
        ),
        ({TAP: {"failures": 3, "first_failure": "503"}}, "Not measured: tap: 3 × 503."),
    ],
)
def test_the_verdict_is_a_sentence(changes: dict[str, Any], ending: str) -> None:
    verdict = report(**changes).verdict
    assert verdict.en.endswith(ending)
    assert verdict.ja


def test_a_case_without_answers_is_a_failure_and_no_division_by_zero() -> None:
    empty = report(baseline={"units": 0, "rates": [], "usage": CpuUsage(0, {})})
    assert empty.failures
    assert empty.as_json()["tap_over_baseline"] == 0


def test_the_console_shows_all_four_cases_and_the_conditions() -> None:
    console = Console(file=io.StringIO(), record=True, width=120)
    show(console, report())
    text = console.export_text()
    for words in (
        "baseline: tap without the fund",
        "FastAPI, minimal route",
        "core 0 and core 1",
        "cards 1000",
    ):
        assert words in text
