"""The floor's ratios and verdict."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from loadtest.baseline.report import FloorReport, show
from loadtest.baseline.rounds import Measured
from loadtest.baseline.targets import FASTAPI, FLOOR, NUMBER, TAP
from loadtest.machine.costs import API, DATABASE, GENERATOR, CpuUsage

RATES = {FASTAPI: 9000.0, FLOOR: 2000.0, NUMBER: 3000.0, TAP: 1400.0}
REQUESTS = {FASTAPI: 1, FLOOR: 2, NUMBER: 1, TAP: 2}


def measured(name: str, **changes: Any) -> Measured:
    spent = CpuUsage(10.0, {API: 6.0, DATABASE: 2.0, GENERATOR: 5.0})
    usual: dict[str, Any] = {"units": 10_000, "rates": [1.0, RATES[name], 99_999.0], "spent": spent}
    return Measured(REQUESTS[name], **usual | changes)


def report(**changes: dict[str, Any]) -> FloorReport:
    everything = {name: measured(name, **changes.get(name, {})) for name in RATES}
    return FloorReport(everything, "core 0 and core 1", {"cards": 1000})


def test_ratios_are_of_the_middle_rounds_and_of_processor_time() -> None:
    slow = CpuUsage(10.0, {API: 9.0, DATABASE: 3.0, GENERATOR: 5.0})
    assert report(tap={"spent": slow}).ratios == {
        "tap_over_floor": pytest.approx(0.7),
        "number_over_fastapi": pytest.approx(1 / 3),
        "tap_cpu_over_floor": pytest.approx(1.5),
    }


def test_processor_time_is_told_by_request_and_kind_of_process() -> None:
    told = report().as_json()["subjects"][TAP]
    assert told["cpu_us_per_request"] == {API: 300.0, DATABASE: 100.0}
    assert (told["requests_per_s"], told["requests_per_core_s"]) == (2800.0, 2500.0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "reached."),
        ({NUMBER: {"rates": [2000.0]}}, "not reached."),
        (
            {FASTAPI: {"spent": CpuUsage(10, {GENERATOR: 8.5})}},
            "The generator was the bottleneck of: fastapi.",
        ),
        ({TAP: {"failures": 3, "first_failure": "503"}}, "Not measured: tap: 3 × 503."),
    ],
)
def test_the_verdict_is_a_sentence(changes: dict[str, Any], words: str) -> None:
    assert report(**changes).verdict.endswith(words)


def test_what_never_answered_is_a_failure_and_no_division() -> None:
    nothing = report(floor={"units": 0, "rates": [], "spent": CpuUsage(0, {})})
    assert nothing.failures
    assert nothing.as_json()["tap_over_floor"] == 0


def test_people_read_all_four_and_the_circumstances() -> None:
    console = Console(file=io.StringIO(), record=True, width=120)
    show(console, report())
    text = console.export_text()
    for words in ("floor: the bare tap", "FastAPI's smallest route", "core 0 and core 1", "cards 1000"):
        assert words in text
