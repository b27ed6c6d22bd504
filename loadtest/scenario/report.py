"""What a run saw, and its verdict in a sentence. How it is shown: `showing.py`, and the package `page`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import mean
from typing import Any

from loadtest.generator.messages import GeneratorUsage
from loadtest.machine.costs import API, MAX_GENERATOR_UTILISATION, DATABASE, CpuUsage
from loadtest.machine.sampling import memory_growth
from loadtest.machine.host_info import HostInfo
from loadtest.monitor import Observations
from loadtest.scenario.capacity import Capacity
from loadtest.scenario.histogram import percentiles
from loadtest.scenario.levels import Shape
from loadtest.scenario.plan import Plan
from loadtest.scenario.run_stats import RunStats
from loadtest.scenario.sections import ReportSection

GOALS_MS = {"L0": 50.0, "L1": 150.0}
"""The p99 that a level's checks should not exceed on two cores which generator, API and database share."""

ACHIEVED = 0.99
"""Of the offered checks: what must be answered for a level to be carried."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """One level's run. `memory`: MiB by kind of process at its end; `efforts`: of each generator; `compared` answers, of
    which `wrong` by fault; `watched` on the machine and in the database; `parts`: what it was about beside its checks.
    """

    plan: Plan
    stats: RunStats
    spent: CpuUsage
    memory: Mapping[str, float]
    compared: int
    wrong: Mapping[str, int]
    size: Mapping[str, int]
    usages: Sequence[GeneratorUsage]
    observations: Observations | None = None
    parts: Sequence[ReportSection] = ()
    host_info: HostInfo | None = None

    @property
    def seconds(self) -> float:
        """How long it took: to the last answer, if that came after the last patient."""
        return max(self.plan.seconds, self.stats.last_answer_after)

    @property
    def offered_per_s(self) -> float:
        """Patients who came, a second."""
        return self.stats.offered / self.plan.seconds

    @property
    def achieved_per_s(self) -> float:
        """Checks that were answered, a second."""
        return self.stats.answered / self.seconds

    @property
    def requests_per_s(self) -> float:
        """Requests that were answered, whatever the answer, a second."""
        return sum(times.count for times in self.stats.requests.values()) / self.seconds

    @property
    def errors(self) -> dict[str, int]:
        """What went wrong, by code, the most frequent first."""
        return {code: count for code, count in self.stats.errors.most_common() if count}

    @property
    def explained(self) -> Counter[str]:
        """Errors that a part accounts for, by code."""
        return sum((Counter(part.explained) for part in self.parts), Counter())

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
        return any(usage.cores >= MAX_GENERATOR_UTILISATION for usage in self.usages)

    @property
    def passed(self) -> bool:
        """No wrong answer, no error that nothing explains, and every part as it has to be.

        How fast it went is told, and decides nothing here.
        """
        unexplained = self.stats.errors - self.explained
        something = self.stats.answered > 0 or bool(self.parts)
        return something and not unexplained and not self.wrong_answers and all(p.held for p in self.parts)

    @property
    def carried(self) -> bool:
        """Whether the machine carried the level: nearly everything that was offered, within the goal where there is one."""
        goal = GOALS_MS.get(self.plan.level.name)
        enough = self.achieved_per_s >= ACHIEVED * self.offered_per_s
        return self.passed and enough and (goal is None or self.stats.checks.percentile_ms(0.99) <= goal)

    @property
    def capacity(self) -> Capacity | None:
        """How large a machine the nation needs. None where processors had more to do than checks, or were not told."""
        disturbed = any(part.span for part in self.parts)
        steady = self.plan.level.shape in {Shape.STEADY, Shape.DAY} and not disturbed
        if self.host_info is None or not self.stats.answered or not steady:
            return None
        served = self.spent.cores(API) + self.spent.cores(DATABASE)
        rate = self.stats.answered / self.spent.seconds if self.spent.seconds else 0.0
        if not served or not rate:
            return None
        return Capacity(rate, self.plan.level.by_card, served, self.host_info.cores)

    def cores(self, kind: str) -> float:
        """How many cores a kind of process kept busy.

        What was spent in all misses processes that ended on the way, and the samples the last moments of each and the
        first of a new one: the larger of both is nearer.
        """
        samples = self.observations.samples if self.observations else ()
        sampled = [
            sum(usage.cores for name, usage in sample.processes.items() if name.split()[0] == kind)
            for sample in samples
        ]
        return max(self.spent.cores(kind), mean(sampled) if sampled else 0.0)

    @property
    def memory_growth(self) -> float | None:
        """By which share the memory of the API's workers grew; None where that cannot be said."""
        return memory_growth(self.observations.samples) if self.observations else None

    @property
    def other_cores(self) -> float | None:
        """Cores that were busy with something else than this run, in the mean: its figures are of the rest."""
        samples = self.observations.samples if self.observations else ()
        return mean(sample.others for sample in samples) if samples else None

    @property
    def verdict(self) -> str:
        """A sentence for people."""
        level = self.plan.level
        scaled = "" if self.plan.scale == 1 else f" at {self.plan.scale:g} of its rate"
        name = f"{level.name}{scaled} ({level.meaning})"
        if self.wrong_answers:
            return f"{self.wrong_answers} of {self.compared + self.seen.looks} compared answers were wrong: the run failed."
        if self.generator_bound:
            return f"The generator was the bottleneck: nothing is known of {name}."
        p99 = self.stats.checks.percentile_ms(0.99)
        unit = "rows" if level.shape is Shape.BATCHES else "checks"
        figures = f"{self.achieved_per_s:,.0f} of {self.offered_per_s:,.0f} {unit}/s, p99 {p99:,.0f} ms"
        if self.parts:
            return f"{self._of_parts} {name}: {figures}, {self._errors_told}."
        if self.errors:
            return f"This machine did not carry {name} without errors: {figures}."
        return f"This machine {'carried' if self.carried else 'did not carry'} {name}: {figures}."

    @property
    def _of_parts(self) -> str:
        """The last sentence of each, those first that are not as they have to be."""
        told = sorted(self.parts, key=lambda part: part.held)
        return " ".join(part.sentences[-1] for part in told if part.sentences)

    @property
    def _errors_told(self) -> str:
        errors, explained = self.stats.errors.total(), (self.stats.errors & self.explained).total()
        return f"{errors:,} errors, {explained:,} of them explained" if errors else "no error"

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {
            "level": self.plan.level.name,
            "scale": self.plan.scale,
            "seconds": round(self.plan.seconds, 1),
            "offered_checks_per_s": round(self.offered_per_s, 1),
            "achieved_checks_per_s": round(self.achieved_per_s, 1),
            "achieved_requests_per_s": round(self.requests_per_s, 1),
            **percentiles(self.stats.checks),
            "errors": self.errors,
            "wrong_answers": self.wrong_answers,
            "wrong_by_fault": dict(self.wrong),
            "compared_answers": self.compared,
            "compared_looks": self.stats.looks,
            "generator_bound": self.generator_bound,
            "generators": [usage.as_json() for usage in self.usages],
            "generator_lag_p99_ms": round(self.stats.start_delays.percentile_ms(0.99), 1),
            "cpu_cores": {kind: round(self.cores(kind), 2) for kind in self.spent.cpu},
            "memory_mib": dict(self.memory),
            "memory_growth": None if self.memory_growth is None else round(self.memory_growth, 4),
            "other_cores": None if self.other_cores is None else round(self.other_cores, 2),
            "requests": {
                what: {"count": times.count} | percentiles(times)
                for what, times in sorted(self.stats.requests.items())
            },
            **{part.name: part.as_json() for part in self.parts},
            "capacity": self.capacity.as_json() if self.capacity else None,
            "size": dict(self.size),
            "circumstances": asdict(self.host_info) if self.host_info else None,
            "passed": self.passed,
            "carried": self.carried,
            "verdict": self.verdict,
        }
