"""What the floor's measurement tells, to programs and to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from loadtest.baseline.rounds import Measured
from loadtest.baseline.targets import FASTAPI, FLOOR, NUMBER, TAP
from loadtest.machine.costs import API, MAX_GENERATOR_UTILISATION, DATABASE

GOALS = {"tap_over_floor": 0.60, "number_over_fastapi": 0.30}
"""What is to be reached at least on two cores, one of them the generator's."""

_TITLES = {
    FASTAPI: "FastAPI's smallest route",
    FLOOR: "floor: the bare tap",
    NUMBER: "look-up by number",
    TAP: "tap: challenge and card",
}


@dataclass(frozen=True, slots=True)
class FloorReport:
    """All four side by side. `pinned` and `conditions` say under which circumstances."""

    measured: Mapping[str, Measured]
    pinned: str
    conditions: Mapping[str, int | float]

    @property
    def ratios(self) -> dict[str, float]:
        """The three figures that matter, 0 where something could not be measured."""
        tap, floor = self.measured[TAP], self.measured[FLOOR]
        return {
            "tap_over_floor": _ratio(tap.per_second, floor.per_second),
            "number_over_fastapi": _ratio(
                self.measured[NUMBER].per_second, self.measured[FASTAPI].per_second
            ),
            "tap_cpu_over_floor": _ratio(_cpu_us(tap), _cpu_us(floor)),
        }

    @property
    def generator_bound(self) -> list[str]:
        """Where the generator may itself have been what limited."""
        return [name for name, one in self.measured.items() if one.generator_busy >= MAX_GENERATOR_UTILISATION]

    @property
    def failures(self) -> Sequence[str]:
        """What went wrong, a sentence each."""
        return [
            f"{name}: {one.failures} × {one.first_failure}"
            for name, one in self.measured.items()
            if one.failures or not one.units
        ]

    @property
    def verdict(self) -> str:
        """A sentence for people."""
        if self.failures:
            return f"Not measured: {'; '.join(self.failures)}."
        ratios = self.ratios
        reached = all(ratios[name] >= goal for name, goal in GOALS.items())
        sentence = (
            f"A tap runs at {ratios['tap_over_floor']:.2f} of the floor (goal {GOALS['tap_over_floor']:.2f}) for"
            f" {ratios['tap_cpu_over_floor']:.2f} times its processor time; a look-up by number at"
            f" {ratios['number_over_fastapi']:.2f} of FastAPI's smallest route (goal"
            f" {GOALS['number_over_fastapi']:.2f}): {'reached' if reached else 'not reached'}."
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
            "subjects": {name: _as_json(one) for name, one in self.measured.items()},
            "failures": list(self.failures),
            "verdict": self.verdict,
        }


def _ratio(one: float, other: float) -> float:
    return one / other if other else 0.0


def _cpu_us(one: Measured) -> float:
    return one.cpu_us(API) + one.cpu_us(DATABASE)


def _as_json(one: Measured) -> dict[str, Any]:
    return {
        "per_s": round(one.per_second, 1),
        "requests_per_s": round(one.per_second * one.requests, 1),
        "requests_per_core_s": round(one.requests * 1e6 / _cpu_us(one), 1) if _cpu_us(one) else None,
        "cpu_us_per_request": {kind: round(one.cpu_us(kind) / one.requests, 1) for kind in (API, DATABASE)},
        "per_s_by_round": [round(rate, 1) for rate in one.rates],
        "units": one.units,
        "generator_busy": round(one.generator_busy, 2),
    }


def show(console: Console, report: FloorReport) -> None:
    """Print the table (processor time is of a request; `gen.` the generator's share of its core) and the verdict."""
    table = Table("")
    titles = ("per s", "req./s", "req./core-s", "API µs", "DB µs", "gen.")
    for title in titles:
        table.add_column(title, justify="right")
    for name, one in report.measured.items():
        told = _as_json(one)
        cpu = told["cpu_us_per_request"]
        table.add_row(
            _TITLES[name], f"{one.per_second:,.0f}", f"{told['requests_per_s']:,.0f}",
            f"{told['requests_per_core_s'] or 0:,.0f}", f"{cpu[API]:,.0f}", f"{cpu[DATABASE]:,.0f}",
            f"{one.generator_busy:.0%}",
        )  # fmt: skip
    console.print(table)
    console.print(
        f"{report.pinned}; {', '.join(f'{name} {value:g}' for name, value in report.conditions.items())}"
    )
    console.print(report.verdict, style="bold")
