"""The figures of a run: what was offered, answered, wrong and busy, and whether that is enough."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from loadtest.generator.messages import GeneratorUsage
from loadtest.machine.costs import API, DATABASE, MAX_GENERATOR_UTILISATION, CpuUsage
from loadtest.machine.host_info import HostInfo
from loadtest.machine.sampling import memory_growth
from loadtest.monitor import Observations
from loadtest.report.capacity import Capacity
from loadtest.scenario.levels import Shape
from loadtest.scenario.plan import Plan
from loadtest.scenario.run_stats import RunStats
from loadtest.sections import ReportSection

GOALS_MS = {"L0": 50.0, "L1": 150.0}
"""Goals for the p99 of a level's checks, on two cores that generator, API and database share."""

MAX_OTHER_CORES = 0.15
"""Cores kept busy by other work from which a figure is not to be quoted."""

MIN_ACHIEVED = 0.99
"""The share of the offered checks that must be answered for a level to be sustained."""


@dataclass(frozen=True, slots=True)
class RunFigures:
    """The figures of one level's run.

    `memory`: MiB by kind of process at the end. `compared`: number of answers compared, of which `wrong` by
    fault. `usages`: of each generator. `sections`: about a fault or a day.
    """

    plan: Plan
    stats: RunStats
    cpu: CpuUsage
    memory: Mapping[str, float]
    compared: int
    wrong: Mapping[str, int]
    size: Mapping[str, int]
    usages: Sequence[GeneratorUsage]
    observations: Observations | None = None
    sections: Sequence[ReportSection] = ()
    host_info: HostInfo | None = None

    @property
    def seconds(self) -> float:
        """Duration of the run: to the last answer, if that came after the last scheduled visit."""
        return max(self.plan.seconds, self.stats.last_answer_at)

    @property
    def offered_per_s(self) -> float:
        """Checks that arrived, a second."""
        return self.stats.offered / self.plan.seconds

    @property
    def achieved_per_s(self) -> float:
        """Checks that were answered, a second."""
        return self.stats.answered / self.seconds

    @property
    def requests_per_s(self) -> float:
        """Requests that were answered, with whatever status, a second."""
        return sum(latencies.count for latencies in self.stats.requests.values()) / self.seconds

    @property
    def errors(self) -> dict[str, int]:
        """Errors by code, the most frequent first."""
        return {code: count for code, count in self.stats.errors.most_common() if count}

    @property
    def explained(self) -> Counter[str]:
        """Errors that a section explains, by code."""
        return sum((Counter(section.explained) for section in self.sections), Counter())

    @property
    def wrong_answers(self) -> int:
        """Number of answers that differ from the reference model's."""
        return sum(self.wrong.values())

    @property
    def generator_bound(self) -> bool:
        """Whether a generator was the bottleneck, so that the figures are not the fund's.

        A generator that merely got too little of a machine which the fund keeps busy hides nothing: latency
        counts from the scheduled time. How late visits began is reported, too.
        """
        return any(usage.cores >= MAX_GENERATOR_UTILISATION for usage in self.usages)

    @property
    def passed(self) -> bool:
        """Whether no answer was wrong, every error is explained, and every section's expectation was met.

        Speed is reported, and decides nothing here.
        """
        unexplained = self.stats.errors - self.explained
        not_empty = self.stats.answered > 0 or bool(self.sections)
        met = all(section.met for section in self.sections)
        return not_empty and not unexplained and not self.wrong_answers and met

    @property
    def sustained(self) -> bool:
        """Whether the machine sustained the level.

        Nearly all offered checks were answered, within the goal if there is one.
        """
        goal = GOALS_MS.get(self.plan.level.name)
        complete = self.achieved_per_s >= MIN_ACHIEVED * self.offered_per_s
        fast = goal is None or self.stats.checks.percentile_ms(0.99) <= goal
        return self.passed and complete and fast

    @property
    def good(self) -> bool:
        """Whether the verdict is positive: a run with sections passed, any other one was sustained."""
        return self.passed if self.sections else self.sustained

    @property
    def capacity(self) -> Capacity | None:
        """The size of machine that nationwide load needs.

        None if the run was disturbed or its processors are unknown.
        """
        disturbed = any(section.span for section in self.sections)
        steady = self.plan.level.shape in {Shape.STEADY, Shape.DAY} and not disturbed
        if self.host_info is None or not self.stats.answered or not steady:
            return None
        served = self.cpu.cores(API) + self.cpu.cores(DATABASE)
        rate = self.stats.answered / self.cpu.seconds if self.cpu.seconds else 0.0
        if not served or not rate:
            return None
        return Capacity(rate, self.plan.level.by_card, served, self.host_info.cores, self.busy_elsewhere)

    def cores(self, kind: str) -> float:
        """Cores that a kind of process kept busy.

        The total misses processes that ended during the run; the samples miss the last moments of each
        process and the first of a new one. The larger value is nearer.
        """
        samples = self.observations.samples if self.observations else ()
        sampled = [
            sum(usage.cores for name, usage in sample.processes.items() if name.split()[0] == kind)
            for sample in samples
        ]
        return max(self.cpu.cores(kind), mean(sampled) if sampled else 0.0)

    @property
    def memory_growth(self) -> float | None:
        """The share by which the memory of the API's workers grew; None if unknown."""
        return memory_growth(self.observations.samples) if self.observations else None

    @property
    def other_cores(self) -> float | None:
        """Mean number of cores that were busy with something else than this run."""
        samples = self.observations.samples if self.observations else ()
        return mean(sample.others for sample in samples) if samples else None

    @property
    def busy_elsewhere(self) -> float | None:
        """Cores that other work kept busy, if that is too much for the figures to be quoted."""
        others = self.other_cores
        return others if others is not None and others > MAX_OTHER_CORES else None

    @property
    def shares(self) -> Mapping[str, float]:
        """The share of the run's processor time by kind of process: generators, API, database, and the rest.

        The rest: the other processes of the stack and the laboratory's coordinator. Empty if nothing was sampled.
        """
        samples = self.observations.samples if self.observations else ()
        kinds: defaultdict[str, float] = defaultdict(float)
        for sample in samples:
            for name, usage in sample.processes.items():
                kind = name.split()[0]
                kinds[kind if kind in self.cpu.cpu else "rest"] += usage.cores
        total = sum(kinds.values())
        return {kind: kinds[kind] / total for kind in (*self.cpu.cpu, "rest")} if total else {}
