"""Arrival times: Poisson processes with rates that change, and the curve of a busy Monday.

Arrivals are drawn before the run and never wait for an answer. No official curve of a day was found. Known
are the day's total, that 9 to 12 holds about half of a clinic's day, and that pharmacies peak from 11 to 12
and after 17. The hours below are an estimate that satisfies these; that the busiest hour holds 17 % of the
day, and its busiest minute half as much again as its mean, is an estimate too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi
from random import Random

from eligibility_api.contract.codes import FacilityKind

CHECKS_PER_DAY = 17.06e6
"""Checks of the busy Monday: 274.60 M a month by 24.15 effective days, times 1.20 for the weekday and 1.25
for the season.
"""

CHECKS_BY_KIND = {
    FacilityKind.CLINIC: 115.72,
    FacilityKind.PHARMACY: 111.51,
    FacilityKind.DENTAL: 24.01,
    FacilityKind.HOSPITAL: 23.34,
}
"""Checks in a month by kind of facility, in millions: the ministry's table for October 2025."""

HOURS, MINUTES = 24, 24 * 60
SECONDS = 86_400

_HOURLY: Mapping[FacilityKind, Mapping[int, float]] = {
    FacilityKind.CLINIC: {
        8: 3, 9: 16, 10: 17.5, 11: 16.5, 12: 5, 13: 4, 14: 7, 15: 10, 16: 10, 17: 7, 18: 3, 19: 1,
    },
    FacilityKind.HOSPITAL: {7: 4, 8: 22, 9: 22, 10: 18, 11: 12, 12: 6, 13: 6, 14: 4, 15: 3, 16: 2, 17: 1},
    FacilityKind.DENTAL: {9: 11, 10: 12, 11: 12, 12: 6, 13: 6, 14: 11, 15: 12, 16: 11, 17: 10, 18: 7, 19: 2},
    FacilityKind.PHARMACY: {
        8: 2, 9: 9, 10: 14, 11: 19.7, 12: 10.3, 13: 5, 14: 5, 15: 8, 16: 8, 17: 9.5, 18: 7, 19: 2, 20: 0.5,
    },
}  # fmt: skip
"""Per cent of a day's checks by the hour in which they begin, by kind of facility."""

_SWING = 0.5
"""Amplitude of the rate within an hour, as a share of its mean."""


@dataclass(frozen=True, slots=True)
class RatePeriod:
    """A period with a constant arrival rate."""

    seconds: float
    per_second: float


def arrivals(periods: Sequence[RatePeriod], rng: Random) -> Iterator[float]:
    """Arrival times over consecutive periods, in seconds from the start.

    Gaps are exponentially distributed.
    """
    began = 0.0
    for period in periods:
        yield from _poisson(began, period, rng)
        began += period.seconds


def _poisson(began: float, period: RatePeriod, rng: Random) -> Iterator[float]:
    """The process has no memory: a gap that exceeds its period is discarded."""
    if period.per_second <= 0:
        return
    at = rng.expovariate(period.per_second)
    while at < period.seconds:
        yield began + at
        at += rng.expovariate(period.per_second)


def hour_share(kind: FacilityKind, hour: int) -> float:
    """The share of a facility kind's daily checks in an hour (0 to 23)."""
    return _HOURLY[kind].get(hour, 0.0) / 100


def minute_share(kind: FacilityKind, minute: int) -> float:
    """The share of a facility kind's daily checks in a minute (0 to 1439).

    The middle of an hour is its busiest.
    """
    hour, within = divmod(minute, 60)
    return hour_share(kind, hour) / 60 * (1 - _SWING * cos(2 * pi * within / 60))


def day_curve(kind: FacilityKind, seconds: float, per_second: float) -> Iterator[RatePeriod]:
    """A facility kind's day compressed to `seconds`. `per_second`: its mean rate over the 24 hours.

    Rates are those of the real day, so that a shorter run has fewer checks.
    """
    for minute in range(MINUTES):
        yield RatePeriod(seconds / MINUTES, per_second * MINUTES * minute_share(kind, minute))
