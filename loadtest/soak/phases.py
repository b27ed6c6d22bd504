"""The phases of a soak: one fault each, in turn. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice

from loadtest.faults.catalogue import FAULTS
from loadtest.faults.fault import Fault

MAX_SECONDS, MIN_SECONDS = 600.0, 60.0
"""Duration of a phase. Shorter ones would judge the p99 of too few checks."""

BACKUP_EVERY = 3
"""Phases from one back-up to the next."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the soak. `fault`: injected after a third of it and removed after two thirds.

    `backup`: whether a back-up is made at its beginning.
    """

    number: int
    seconds: float
    fault: Fault
    backup: bool


def phases(hours: float) -> list[Phase]:
    """The phases of so many hours: each fault at least once, if there is time for phases of `MIN_SECONDS`."""
    total = hours * 3600
    seconds = min(MAX_SECONDS, max(MIN_SECONDS, total / len(FAULTS)))
    count = max(1, round(total / seconds))
    return list(islice(_phases(total / count), count))


def _phases(seconds: float) -> Iterator[Phase]:
    for number, fault in enumerate(cycle(FAULTS.values())):
        yield Phase(number, seconds, fault, number % BACKUP_EVERY == 0)
