"""When patients come: a Poisson process, laid down before anything is asked and never waiting for an answer.

The gaps between arrivals are exponential. A rate that changes is a list of stretches, each with a rate of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random


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
