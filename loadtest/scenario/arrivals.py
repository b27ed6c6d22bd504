"""A busy Monday: how many checks come when, by kind of facility.

No official curve was found. What is known is what a day holds, that mornings from 9 to 12 hold about half of a clinic's
day, and that pharmacies peak from 11 to 12 and after 17. The hours below are an estimate that keeps to it; so is that the
busiest hour holds 17 % of the day, and its busiest minute half as much again as its mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi
from random import Random

from eligibility_api.contract.codes import FacilityKind


@dataclass(frozen=True, slots=True)
class Stretch:
    """So many seconds with so many arrivals a second."""

    seconds: float
    per_second: float


def arrivals(stretches: Sequence[Stretch], rng: Random) -> Iterator[float]:
    """The instants of arrival, in seconds from the beginning."""
    began = 0.0
    for stretch in stretches:
        yield from _poisson(began, stretch, rng)
        began += stretch.seconds


def _poisson(began: float, stretch: Stretch, rng: Random) -> Iterator[float]:
    """What is left of a gap at a stretch's end is no arrival: the process has no memory."""
    if stretch.per_second <= 0:
        return
    at = rng.expovariate(stretch.per_second)
    while at < stretch.seconds:
        yield began + at
        at += rng.expovariate(stretch.per_second)


CHECKS = 17.06e6
"""Checks of the busy Monday: 274.60 M a month by 24.15 effective days, times 1.20 for the weekday and 1.25 for the season."""

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
"""By how much the rate goes up and down within an hour, as a share of its mean."""


def hour_share(kind: FacilityKind, hour: int) -> float:
    """Which share of a kind's day lies in an hour (0 to 23)."""
    return _HOURLY[kind].get(hour, 0.0) / 100


def minute_share(kind: FacilityKind, minute: int) -> float:
    """Which share of a kind's day lies in a minute of it (0 to 1439). The middle of an hour is its busiest."""
    hour, within = divmod(minute, 60)
    return hour_share(kind, hour) / 60 * (1 - _SWING * cos(2 * pi * within / 60))


def curve(kind: FacilityKind, seconds: float, per_second: float) -> Iterator[Stretch]:
    """A kind's day compressed to so many seconds, `per_second` being its mean rate over the 24 hours.

    The rates are those of the day: fewer come because there is less time for them to come.
    """
    for minute in range(MINUTES):
        yield Stretch(seconds / MINUTES, per_second * MINUTES * minute_share(kind, minute))
