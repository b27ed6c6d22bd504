"""The curve of offered against achieved checks, and what is expected of it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from loadtest.machine.costs import API, DATABASE, GENERATOR
from loadtest.machine.sampling import Sample
from loadtest.scenario.run_stats import SecondStats, TimeSeries

TIMES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)
"""What is offered in turn, in capacities."""

JUDGED = (2.0, 4.0)
"""Of these it is judged whether goodput holds."""

REST = 0.5
"""What is offered after the overload."""

MIN_GOODPUT = 0.9
"""The share of the peak that must be left."""

MAX_REFUSED_MS, MAX_ACCEPTED_MS = 100.0, 500.0
"""Limits of the p99 of refused and of accepted requests, from their sending."""

RECOVERY_SECONDS = 5.0
"""After the overload everything is in order again from here on."""

TRANSITION_SECONDS = 1.0
"""The beginning of each step that is left out: requests of the one before are still in progress."""

FULL = 0.9
"""The share of a machine's processors from which on it counts as full."""

OVERLOADED = "overloaded"
"""The one error that is expected: its requests are refused with Retry-After."""


@dataclass(frozen=True, slots=True)
class Cores:
    """Cores kept busy by the fund, by the generators, and by everything else; None if not known."""

    fund: float
    generator: float
    rest: float

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> Cores | None:
        """The mean of some samples."""
        if not samples:
            return None
        used: Counter[str] = Counter()
        for sample in samples:
            for name, usage in sample.processes.items():
                used[name.split()[0]] += usage.cores  # type: ignore[assignment]
            used["others"] += sample.others  # type: ignore[assignment]
        mean = {name: cores / len(samples) for name, cores in used.items()}
        fund, generator = mean.get(API, 0.0) + mean.get(DATABASE, 0.0), mean.get(GENERATOR, 0.0)
        return cls(fund, generator, sum(mean.values()) - fund - generator)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the curve. `times`: of the capacity."""

    times: float
    seconds: float
    stats: SecondStats
    cores: Cores | None = None

    @property
    def offered_per_s(self) -> float:
        """Checks that arrived, a second."""
        return self.stats.offered / self.seconds

    @property
    def goodput_per_s(self) -> float:
        """Checks that were answered and whose visit was completed, a second."""
        return (self.stats.answered - self.stats.broken) / self.seconds

    @property
    def goodput_per_core(self) -> float | None:
        """The same for each core that the fund kept busy."""
        return self.goodput_per_s / self.cores.fund if self.cores is not None and self.cores.fund else None

    @property
    def accepted_p99_ms(self) -> float:
        """Of requests that were answered."""
        return self.stats.accepted.percentile_ms(0.99)

    @property
    def refused_p99_ms(self) -> float:
        """Of requests that were refused; 0 if none was."""
        return self.stats.refused.percentile_ms(0.99)

    @property
    def other_errors(self) -> dict[str, int]:
        """Errors other than refusals, by code."""
        return {code: count for code, count in self.stats.errors.items() if code != OVERLOADED and count}

    def as_json(self) -> dict[str, object]:
        """One row of the curve."""
        per_core = self.goodput_per_core
        return {
            "times": self.times,
            "offered_per_s": round(self.offered_per_s, 1),
            "goodput_per_s": round(self.goodput_per_s, 1),
            "broken_visits": self.stats.broken,
            "refused_requests": self.stats.refused.count,
            "refused_p99_ms": round(self.refused_p99_ms, 1),
            "accepted_p99_ms": round(self.accepted_p99_ms, 1),
            "check_p99_ms": round(self.stats.checks.percentile_ms(0.99), 1),
            "other_errors": self.other_errors,
            "cores": {name: round(used, 2) for name, used in asdict(self.cores).items()}
            if self.cores
            else None,
            "goodput_per_core": round(per_core, 1) if per_core is not None else None,
        }


@dataclass(frozen=True, slots=True)
class Curve:
    """The steps, and the time after them from `RECOVERY_SECONDS` on. `processors`: of the machine."""

    steps: Sequence[Step]
    recovered: Step
    processors: int

    @property
    def peak(self) -> Step:
        """The step with the most goodput."""
        return max(self.steps, key=lambda step: step.goodput_per_s)

    def share_of_peak(self, step: Step) -> float:
        """A step's goodput as a share of the peak's."""
        return step.goodput_per_s / self.peak.goodput_per_s if self.peak.goodput_per_s else 0.0

    def share_per_core(self, step: Step) -> float | None:
        """The same for each core that the fund had: the generators, and other work, need more at a higher rate."""
        own, peak = step.goodput_per_core, self.peak.goodput_per_core
        return own / peak if own is not None and peak else None

    def is_full(self, step: Step) -> bool:
        """Whether the whole machine was busy."""
        used = step.cores
        return used is not None and used.fund + used.generator + used.rest >= FULL * self.processors

    def holds(self, step: Step) -> bool:
        """Whether goodput holds: absolutely, or for each core that the fund had of a machine that was busy."""
        per_core = self.share_per_core(step)
        return self.share_of_peak(step) >= MIN_GOODPUT or (
            per_core is not None and per_core >= MIN_GOODPUT and self.is_full(step)
        )

    @property
    def expectations(self) -> Mapping[str, bool]:
        """What is expected, and whether it was met."""
        return {
            **{f"goodput_at_{step.times:g}": self.holds(step) for step in self.steps if step.times in JUDGED},
            "refused_soon": all(step.refused_p99_ms <= MAX_REFUSED_MS for step in self.steps),
            "accepted_in_time": all(step.accepted_p99_ms <= MAX_ACCEPTED_MS for step in self.steps),
            "no_other_error": not any(step.other_errors for step in self.steps),
            "in_order_again": not self.recovered.stats.errors.total()
            and 0 < self.recovered.accepted_p99_ms <= MAX_ACCEPTED_MS,
        }

    @property
    def met(self) -> bool:
        """Whether everything that is expected was met."""
        return all(self.expectations.values())

    def as_json(self) -> dict[str, object]:
        """The object that `--json` prints under `curve`."""
        return {
            "peak_goodput_per_s": round(self.peak.goodput_per_s, 1),
            "steps": [
                step.as_json()
                | {
                    "share_of_peak": round(self.share_of_peak(step), 3),
                    "share_per_core": None
                    if (share := self.share_per_core(step)) is None
                    else round(share, 3),
                }
                for step in self.steps
            ],
            "recovered": self.recovered.as_json(),
            "expectations": dict(self.expectations),
        }


def curve_of(
    series: TimeSeries, samples: Sequence[Sample], step_seconds: int, rest_seconds: int, processors: int
) -> Curve:
    """Cut a run into its steps. `samples`: their instants in seconds of the run."""

    def step(times: float, begin: float, end: float) -> Step:
        begin += TRANSITION_SECONDS
        within = [sample for sample in samples if begin + 1 <= sample.at <= end]  # each looks back a second
        return Step(times, end - begin, series.between(begin, end), Cores.of(within))

    steps = [
        step(times, place * step_seconds, (place + 1) * step_seconds) for place, times in enumerate(TIMES)
    ]
    ended = len(TIMES) * step_seconds
    recovered = step(REST, ended + RECOVERY_SECONDS - TRANSITION_SECONDS, ended + rest_seconds)
    return Curve(steps, recovered, processors)
