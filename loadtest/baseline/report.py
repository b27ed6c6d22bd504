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
from loadtest.sections import Text, joined

MIN_RATIOS = {"tap_over_baseline": 1.0, "number_over_fastapi": 0.35}
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
    def verdict(self) -> Text:
        """The verdict as a sentence."""
        if self.failures:
            failures = "; ".join(self.failures)
            return Text(f"測定できませんでした：{failures}", f"Not measured: {failures}.")
        ratios = self.ratios
        reached = all(ratios[name] >= goal for name, goal in MIN_RATIOS.items())
        tap, tap_goal = ratios["tap_over_baseline"], MIN_RATIOS["tap_over_baseline"]
        number, number_goal = ratios["number_over_fastapi"], MIN_RATIOS["number_over_fastapi"]
        cpu = ratios["tap_cpu_over_baseline"]
        texts = [
            Text(
                f"受付の処理速度は下限の処理の {tap:.2f} 倍（目標 {tap_goal:.2f}）、CPU 時間は {cpu:.2f} 倍でした。"
                f"番号による照会の処理速度は FastAPI の最小のルートの {number:.2f} 倍（目標 {number_goal:.2f}）でした："
                f"{'達成' if reached else '未達成'}。",
                f"A tap runs at {tap:.2f} of the baseline's rate (goal {tap_goal:.2f}) and uses {cpu:.2f} times its"
                f" processor time; a look-up by number at {number:.2f} of FastAPI's minimal route (goal"
                f" {number_goal:.2f}): {'reached' if reached else 'not reached'}.",
            )
        ]
        if self.generator_bound:
            cases = ", ".join(self.generator_bound)
            texts.append(
                Text(
                    f"負荷発生器がボトルネックでした：{cases}",
                    f"The generator was the bottleneck of: {cases}.",
                )
            )
        return joined(texts, Text("", " "))

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {
            **{name: round(value, 3) for name, value in self.ratios.items()},
            "generator_bound": self.generator_bound,
            "pinned": self.pinned,
            "conditions": dict(self.conditions),
            "cases": {name: _as_json(result) for name, result in self.results.items()},
            "failures": list(self.failures),
            "verdict": self.verdict.en,
            "verdict_ja": self.verdict.ja,
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
        "refused": result.refused,
        "generator_busy": round(result.generator_busy, 2),
    }


def show(console: Console, report: BaselineReport) -> None:
    """Print the table (times per request; `gen.`: the generator's share of its core) and the verdict."""
    table = Table("")
    titles = ("per s", "req./s", "req./core-s", "API µs", "DB µs", "gen.", "refused")
    for title in titles:
        table.add_column(title, justify="right")
    for name, result in report.results.items():
        figures = _as_json(result)
        cpu = figures["cpu_us_per_request"]
        table.add_row(
            _TITLES[name], f"{result.per_second:,.0f}", f"{figures['requests_per_s']:,.0f}",
            f"{figures['requests_per_core_s'] or 0:,.0f}", f"{cpu[API]:,.0f}", f"{cpu[DATABASE]:,.0f}",
            f"{result.generator_busy:.0%}", f"{result.refused:,}",
        )  # fmt: skip
    console.print(table)
    console.print(
        f"{report.pinned}; {', '.join(f'{name} {value:g}' for name, value in report.conditions.items())}"
    )
    console.print(f"{report.verdict.ja}\n{report.verdict.en}", style="bold", markup=False)
