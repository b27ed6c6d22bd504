"""Results and reports of a baseline measurement for tests."""

from __future__ import annotations

from typing import Any

from loadtest.baseline.cases import BASELINE, FASTAPI, NUMBER, TAP
from loadtest.baseline.report import BaselineReport
from loadtest.baseline.rounds import CaseResult
from loadtest.machine.costs import API, DATABASE, GENERATOR, CpuUsage

RATES = {FASTAPI: 9000.0, BASELINE: 2000.0, NUMBER: 3000.0, TAP: 1400.0}
REQUESTS = {FASTAPI: 1, BASELINE: 2, NUMBER: 1, TAP: 2}


def case_result(name: str, **changes: Any) -> CaseResult:
    """10,000 units in three rounds, the median at RATES."""
    usage = CpuUsage(10.0, {API: 6.0, DATABASE: 2.0, GENERATOR: 5.0})
    usual: dict[str, Any] = {"units": 10_000, "rates": [1.0, RATES[name], 99_999.0], "usage": usage}
    return CaseResult(REQUESTS[name], **usual | changes)


def report(**changes: dict[str, Any]) -> BaselineReport:
    """A report of all four cases. `changes`: attributes of a result, by case."""
    results = {name: case_result(name, **changes.get(name, {})) for name in RATES}
    return BaselineReport(results, "core 0 and core 1", {"cards": 1000})
