"""How hard the nation taps: the levels, from the ministry's figures and the arithmetic on them (`docs/benchmarks.md`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Level:
    """`checks_per_s` arrive, of which the share `by_card` comes with a card and the rest by number.

    `reconnect`: every facility signs in anew within the first minute.
    """

    name: str
    meaning: str
    checks_per_s: float
    by_card: float
    reconnect: bool = False


_BUSIEST_MINUTE = 1210.0

LEVELS = {
    level.name: level
    for level in (
        Level("L0", "the mean of a weekday over ten hours", 316.0, 0.37),
        Level("L1", "the busiest minute of today's busiest Monday", _BUSIEST_MINUTE, 0.37),
        Level("L2", "the busiest minute of 2027", _BUSIEST_MINUTE, 0.70),
        Level("L3", "pessimistic on every factor", 2300.0, 1.0),
        Level(
            "storm", "L1, and every facility signs in within a minute", _BUSIEST_MINUTE, 0.37, reconnect=True
        ),
    )
}

SITES = 233_000
"""Facilities in the nation: whoever reconnects in a storm, at scale 1."""

STORM_SECONDS = 60.0
