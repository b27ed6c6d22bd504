"""What a run saw, its verdict in a sentence, and the report for people and programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from loadtest.generating.messages import Effort
from loadtest.machine.costs import BUSY, Spent
from loadtest.rush.plan import Plan
from loadtest.rush.seen import Seen
from loadtest.rush.times import Times

GOALS_MS = {"L0": 50.0, "L1": 150.0}
"""The p99 that a level's checks should not exceed on two cores which generator, API and database share."""

ACHIEVED = 0.99
"""Of the offered checks: what must be answered for a level to be carried."""


@dataclass(frozen=True, slots=True)
class RushReport:
    """One level's run. `memory`: MiB by kind of process at its end; `efforts`: of each generator; `compared` answers, of
    which `wrong` by fault.
    """

    plan: Plan
    seen: Seen
    spent: Spent
    memory: Mapping[str, float]
    compared: int
    wrong: Mapping[str, int]
    size: Mapping[str, int]
    efforts: Sequence[Effort]

    @property
    def seconds(self) -> float:
        """How long it took: to the last answer, if that came after the last patient."""
        return max(self.plan.seconds, self.seen.last_answer_after)

    @property
    def offered_per_s(self) -> float:
        """Patients who came, a second."""
        return self.seen.offered / self.plan.seconds

    @property
    def achieved_per_s(self) -> float:
        """Checks that were answered, a second."""
        return self.seen.answered / self.seconds

    @property
    def requests_per_s(self) -> float:
        """Requests that were answered, whatever the answer, a second."""
        return sum(times.count for times in self.seen.requests.values()) / self.seconds

    @property
    def errors(self) -> dict[str, int]:
        """What went wrong, by code, the most frequent first."""
        return {code: count for code, count in self.seen.errors.most_common() if count}

    @property
    def wrong_answers(self) -> int:
        """Answers that were not those of the naive model."""
        return sum(self.wrong.values())

    @property
    def generator_bound(self) -> bool:
        """Whether a generator was itself the bottleneck, so that the figures are no fund's.

        One that merely got too little of a machine which the fund keeps busy hides nothing: latency counts from the
        intended start. How late visits began is told beside.
        """
        return any(effort.cores >= BUSY for effort in self.efforts)

    @property
    def passed(self) -> bool:
        """No error and no wrong answer. How fast it went is told, and decides nothing here."""
        return not self.errors and not self.wrong_answers and self.seen.answered > 0

    @property
    def carried(self) -> bool:
        """Whether the machine carried the level: nearly everything that was offered, within the goal where there is one."""
        goal = GOALS_MS.get(self.plan.level.name)
        enough = self.achieved_per_s >= ACHIEVED * self.offered_per_s
        return self.passed and enough and (goal is None or self.seen.checks.percentile_ms(0.99) <= goal)

    @property
    def verdict(self) -> str:
        """A sentence for people."""
        level, p99 = self.plan.level, self.seen.checks.percentile_ms(0.99)
        scaled = "" if self.plan.scale == 1 else f" at {self.plan.scale:g} of its rate"
        name = f"{level.name}{scaled} ({level.meaning})"
        if self.wrong_answers:
            return f"{self.wrong_answers} of {self.compared} compared answers were wrong: the run failed."
        if self.generator_bound:
            return f"The generator was the bottleneck: nothing is known of {name}."
        figures = f"{self.achieved_per_s:,.0f} of {self.offered_per_s:,.0f} checks/s, p99 {p99:,.0f} ms"
        if self.errors:
            return f"This machine did not carry {name} without errors: {figures}."
        return f"This machine {'carried' if self.carried else 'did not carry'} {name}: {figures}."

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        checks = self.seen.checks
        return {
            "level": self.plan.level.name,
            "scale": self.plan.scale,
            "seconds": round(self.plan.seconds, 1),
            "offered_checks_per_s": round(self.offered_per_s, 1),
            "achieved_checks_per_s": round(self.achieved_per_s, 1),
            "achieved_requests_per_s": round(self.requests_per_s, 1),
            **_percentiles(checks),
            "errors": self.errors,
            "wrong_answers": self.wrong_answers,
            "wrong_by_fault": dict(self.wrong),
            "compared_answers": self.compared,
            "generator_bound": self.generator_bound,
            "generators": [
                effort.model_dump() | {"cores": round(effort.cores, 2)} for effort in self.efforts
            ],
            "generator_lag_p99_ms": round(self.seen.lags.percentile_ms(0.99), 1),
            "cpu_cores": {kind: round(self.spent.cores(kind), 2) for kind in self.spent.cpu},
            "memory_mib": dict(self.memory),
            "requests": {
                what: {"count": times.count} | _percentiles(times)
                for what, times in sorted(self.seen.requests.items())
            },
            "size": dict(self.size),
            "passed": self.passed,
            "carried": self.carried,
            "verdict": self.verdict,
        }


def _percentiles(times: Times) -> dict[str, float]:
    shares = {"p50_ms": 0.5, "p90_ms": 0.9, "p99_ms": 0.99, "p999_ms": 0.999}
    told = {name: round(times.percentile_ms(share), 2) for name, share in shares.items()}
    return told | {"max_ms": round(times.longest_ms, 2)}


def show(console: Console, report: RushReport) -> None:
    """Print latencies, errors, processes and the verdict."""
    table = Table("")
    for title in ("count", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms"):
        table.add_column(title, justify="right")
    rows = {
        **dict(sorted(report.seen.requests.items())),
        "check, from its intended start": report.seen.checks,
    }
    for name, times in rows.items():
        table.add_row(name, f"{times.count:,}", *(f"{ms:,.1f}" for ms in _percentiles(times).values()))
    console.print(table)
    for code, count in report.errors.items():
        console.print(f"{count} × {code}", style="red", markup=False)
    for fault, count in report.wrong.items():
        console.print(f"{count} wrong: {fault}", style="red", markup=False)
    for kind in report.spent.cpu:
        cores, memory = report.spent.cores(kind), report.memory.get(kind, 0.0)
        console.print(f"{kind}: {cores:.2f} cores, {memory:,.0f} MiB", highlight=False)
    console.print(f"{report.compared:,} answers compared with the naive model", highlight=False)
    console.print(report.verdict, style="bold green" if report.carried else "bold red")
