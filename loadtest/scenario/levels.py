"""How hard the nation taps: the levels, from the ministry's figures and the arithmetic on them (`docs/benchmarks.md`)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from loadtest.scenario.arrivals import CHECKS, SECONDS

HOUR = 60.0


class Shape(StrEnum):
    """How the checks of a level lie in time."""

    STEADY = "steady"
    DAY = "day"
    """A whole day's curve, each kind of facility with its own, compressed to the run."""
    STORM = "storm"
    """Steady, and after a restart of the API every site signs in anew within a minute."""
    BATCHES = "batches"
    """Look-ups by number that are handed in together, and answered when their turn has come."""


@dataclass(frozen=True, slots=True)
class Level:
    """`checks_per_s` arrive in the mean, of which the share `by_card` comes with a card and the rest by number.

    `minutes`: how long it lasts unless that is told. `prescriptions`: of the taps at institutions, which share is
    followed by a prescription, and at pharmacies by a dispensing.
    """

    name: str
    meaning: str
    checks_per_s: float
    by_card: float
    shape: Shape = Shape.STEADY
    minutes: float = 1.0
    prescriptions: float = 0.0

    @property
    def reconnect(self) -> bool:
        """Whether every site signs in anew during it."""
        return self.shape is Shape.STORM


_BUSIEST_MINUTE = 1210.0

PRESCRIPTIONS = 0.3
"""The share of taps that a prescription or a dispensing follows on a whole day: an estimate. The other levels are the
requests of `docs/benchmarks.md`, and have none unless they are asked for.
"""

NIGHT_ROWS_PER_S = 140.0
"""12 % of the busy Monday's checks, handed in within four hours of the evening before; of a mean weekday's, 95."""

LEVELS = {
    level.name: level
    for level in (
        Level("L0", "the mean of a weekday over ten hours", 316.0, 0.37),
        Level("L1", "the busiest minute of today's busiest Monday", _BUSIEST_MINUTE, 0.37),
        Level("L2", "the busiest minute of 2027", _BUSIEST_MINUTE, 0.70),
        Level("L3", "pessimistic on every factor", 2300.0, 1.0),
        Level(
            "storm",
            "L1, and after a restart of the API every site signs in within a minute",
            _BUSIEST_MINUTE,
            0.37,
            Shape.STORM,
            minutes=3.0,
        ),
        Level(
            "month-start",
            "the first of a month, when everybody is checked again: L2 for three hours",
            _BUSIEST_MINUTE,
            0.70,
            minutes=3 * HOUR,
        ),
        Level(
            "batch-night",
            "the next day's patients checked in batches on the evening before a busy Monday, in four hours",
            NIGHT_ROWS_PER_S,
            0.0,
            Shape.BATCHES,
            minutes=4 * HOUR,
        ),
        Level(
            "day",
            "a whole busy Monday, hour by hour",
            CHECKS / SECONDS,
            0.37,
            Shape.DAY,
            minutes=10.0,
            prescriptions=PRESCRIPTIONS,
        ),
    )
}

SITES = 233_000
"""Facilities in the nation: whoever reconnects in a storm, at scale 1."""

STORM_SECONDS = 60.0
"""Within which they do."""
