"""The report of a baseline measurement, as JSON and on the console."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from loadtest.baseline.cases import BASELINE, FASTAPI, NUMBER, TAP
from loadtest.baseline.rounds import CaseResult
from loadtest.machine.costs import API, DATABASE, MAX_GENERATOR_UTILISATION

MIN_RATIOS = {"tap_over_baseline": 0.60, "number_over_fastapi": 0.30}
"""The minimum ratios of rates on two cores, one of them the generator's."""

_TITLES = {
    FASTAPI: "FastAPI, minimal route",
    BASELINE: "baseline: tap without the fund",
    NUMBER: "look-up by number",
    TAP: "tap: challenge and card",
}


@dataclass(frozen=True, slots=True)
class BaselineReport:
    """The results of the four cases, and the conditions of the measurement."""

    results: Mapping[str, CaseResult]
    pinned: str
    conditions: Mapping[str, int | float]

    @property
    def ratios(self) -> dict[str, float]:
        """The three key figures; 0 where something could not be measured."""
        tap, baseline = self.results[TAP], self.results[BASELINE]
        return {
            "tap_over_baseline": _ratio(tap.per_second, baseline.per_second),
            "number_over_fastapi": _ratio(self.results[NUMBER].per_second, self.results[FASTAPI].per_second),
            "tap_cpu_over_baseline": _ratio(_cpu_us(tap), _cpu_us(baseline)),
        }

    @property
    def generator_bound(self) -> list[str]:
        """The cases whose bottleneck may have been the generator."""
        return [
            name
            for name, result in self.results.items()
            if result.generator_busy >= MAX_GENERATOR_UTILISATION
        ]

    @property
    def failures(self) -> Sequence[str]:
        """The failures by case, as text."""
        return [
            f"{name}: {result.failures} × {result.first_failure}"
            for name, result in self.results.items()
            if result.failures or not result.units
        ]

    @property
    def verdict(self) -> str:
        """The verdict as a sentence."""
        if self.failures:
            return f"Not measured: {'; '.join(self.failures)}."
        ratios = self.ratios
        reached = all(ratios[name] >= goal for name, goal in MIN_RATIOS.items())
        sentence = (
            f"A tap runs at {ratios['tap_over_baseline']:.2f} of the baseline's rate (goal"
            f" {MIN_RATIOS['tap_over_baseline']:.2f}) and uses {ratios['tap_cpu_over_baseline']:.2f} times its processor time; a look-up by number at"
            f" {ratios['number_over_fastapi']:.2f} of FastAPI's minimal route (goal"
            f" {MIN_RATIOS['number_over_fastapi']:.2f}): {'reached' if reached else 'not reached'}."
        )
        if self.generator_bound:
            sentence += f" The generator was the bottleneck of: {', '.join(self.generator_bound)}."
        return sentence

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {
            **{name: round(value, 3) for name, value in self.ratios.items()},
            "generator_bound": self.generator_bound,
            "pinned": self.pinned,
            "conditions": dict(self.conditions),
            "cases": {name: _as_json(result) for name, result in self.results.items()},
            "failures": list(self.failures),
            "verdict": self.verdict,
        }


def _ratio(one: float, other: float) -> float:
    return one / other if other else 0.0


def _cpu_us(result: CaseResult) -> float:
    return result.cpu_us(API) + result.cpu_us(DATABASE)


def _as_json(result: CaseResult) -> dict[str, Any]:
    cpu_us = _cpu_us(result)
    return {
        "per_s": round(result.per_second, 1),
        "requests_per_s": round(result.per_second * result.requests, 1),
        "requests_per_core_s": round(result.requests * 1e6 / cpu_us, 1) if cpu_us else None,
        "cpu_us_per_request": {
            kind: round(result.cpu_us(kind) / result.requests, 1) for kind in (API, DATABASE)
        },
        "per_s_by_round": [round(rate, 1) for rate in result.rates],
        "units": result.units,
        "generator_busy": round(result.generator_busy, 2),
    }


def show(console: Console, report: BaselineReport) -> None:
    """Print the table (processor time per request; `gen.`: the generator's share of its core) and the verdict."""
    table = Table("")
    titles = ("per s", "req./s", "req./core-s", "API µs", "DB µs", "gen.")
    for title in titles:
        table.add_column(title, justify="right")
    for name, result in report.results.items():
        figures = _as_json(result)
        cpu = figures["cpu_us_per_request"]
        table.add_row(
            _TITLES[name], f"{result.per_second:,.0f}", f"{figures['requests_per_s']:,.0f}",
            f"{figures['requests_per_core_s'] or 0:,.0f}", f"{cpu[API]:,.0f}", f"{cpu[DATABASE]:,.0f}",
            f"{result.generator_busy:.0%}",
        )  # fmt: skip
    console.print(table)
    console.print(
        f"{report.pinned}; {', '.join(f'{name} {value:g}' for name, value in report.conditions.items())}"
    )
    console.print(report.verdict, style="bold")
