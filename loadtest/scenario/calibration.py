"""A day that fits the machine: what a check costs is measured at a low rate first, and the scale follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from loadtest.machine.costs import CpuUsage
from loadtest.scenario.arrivals import HOURS
from loadtest.scenario.levels import LEVELS, Shape
from loadtest.scenario.plan import Plan
from loadtest.scenario.run_stats import Second, Series
from loadtest.scenario.sections import Part

BUSY = 0.7
"""Which share of all cores the day's busiest minute should keep busy, the generator's part among it."""

PROBE_PER_S, PROBE_SECONDS = 40.0, 15.0
"""The rate at which a check's cost is measured, far below what any machine carries, and how long."""

LEAST_SCALE, MOST_SCALE = 0.001, 10.0

BUSIEST_PER_S = LEVELS["L1"].checks_per_s
"""Checks a second in the busiest minute of the day, at scale 1."""


@dataclass(frozen=True, slots=True)
class Fit:
    """At `scale` the busiest minute keeps `BUSY` of so many cores busy, if a check costs what it did in the probe."""

    scale: float
    ms_a_check: float
    cores: int


def probe(plan: Plan) -> Plan:
    """A short steady run of the same mix."""
    level = replace(plan.level, shape=Shape.STEADY, checks_per_s=PROBE_PER_S)
    return replace(plan, level=level, seconds=PROBE_SECONDS, scale=1.0)


def fitted(answered: int, spent: CpuUsage, cores: int) -> Fit:
    """The scale that a probe speaks for. With nothing answered, the least."""
    if not answered or not sum(spent.cpu.values()):
        return Fit(LEAST_SCALE, 0.0, cores)
    seconds_a_check = sum(spent.cpu.values()) / answered
    scale = BUSY * cores / (BUSIEST_PER_S * seconds_a_check)
    return Fit(round(min(max(scale, LEAST_SCALE), MOST_SCALE), 3), seconds_a_check * 1000, cores)


def told(plan: Plan, series: Series, fit: Fit | None) -> Part:
    """What a report says of a day."""
    hours = [_hour(plan, series, hour) for hour in range(HOURS)]
    offered = [seen.offered for seen in hours]
    day = f"A Monday in {plan.seconds / 60:g} minutes, its busiest hour the one from {offered.index(max(offered))}:00."
    figures: dict[str, Any] = {
        "offered_by_hour": offered,
        "answered_by_hour": [seen.answered for seen in hours],
        "errors_by_hour": [seen.errors.total() for seen in hours],
        "p99_ms_by_hour": [round(seen.checks.percentile_ms(0.99), 1) for seen in hours],
    }
    if fit is not None:
        figures |= {"cpu_ms_a_check": round(fit.ms_a_check, 2), "fitted_scale": fit.scale, "cores": fit.cores}
    return Part("day", "一日 / The day", (*_how(plan, fit), day), figures)


def _how(plan: Plan, fit: Fit | None) -> Iterator[str]:
    most = BUSIEST_PER_S * plan.scale
    if fit is None:
        yield f"The busiest minute has {most:,.0f} checks/s, {plan.scale:g} of the nation's."
        return
    yield (
        f"A check took {fit.ms_a_check:.1f} ms of processor time in a run of {PROBE_SECONDS:g} s at {PROBE_PER_S:g}"
        f" checks/s, the generator's part included. The scale is {fit.scale:g}, so that the busiest minute with its"
        f" {most:,.0f} checks/s keeps about {BUSY:.0%} of {fit.cores} cores busy."
    )


def _hour(plan: Plan, series: Series, hour: int) -> Second:
    """What was seen of an hour of the day, in whole seconds of the run."""
    length = plan.seconds / HOURS
    return series.between(round(hour * length), round((hour + 1) * length))
