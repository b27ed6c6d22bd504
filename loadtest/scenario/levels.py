"""The load levels, from the ministry's figures and the arithmetic on them (`docs/benchmarks.md`)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from loadtest.arrivals import CHECKS_PER_DAY, SECONDS
from loadtest.sections import Text

HOUR = 60.0


class Shape(StrEnum):
    """How the checks of a level are distributed over time."""

    STEADY = "steady"
    DAY = "day"
    """The curve of a whole day, by kind of facility, compressed to the run."""
    STORM = "storm"
    """Steady; after a restart of the API every site signs in again within a minute."""
    BATCHES = "batches"
    """Look-ups by number that are submitted in batches, and answered by the job runner."""


@dataclass(frozen=True, slots=True)
class Level:
    """A load level.

    `checks_per_s`: mean arrival rate; `by_card`: share of checks by card, the rest being by number.
    `minutes`: default duration. `prescriptions`: share of taps that a prescription (institutions) or a
    dispensing (pharmacies) follows.
    """

    name: str
    meaning: Text
    checks_per_s: float
    by_card: float
    shape: Shape = Shape.STEADY
    minutes: float = 1.0
    prescriptions: float = 0.0

    @property
    def reconnect(self) -> bool:
        """Whether every site signs in again during the run."""
        return self.shape is Shape.STORM


_BUSIEST_MINUTE = 1210.0

PRESCRIPTIONS = 0.3
"""The share of taps that a prescription or a dispensing follows on a whole day: an estimate. The other levels
consist of the requests of `docs/benchmarks.md`, and have none unless an option asks for them.
"""

NIGHT_ROWS_PER_S = 140.0
"""12 % of the busy Monday's checks, submitted within four hours of the evening before; of a mean weekday's,
95.
"""

LEVELS = {
    level.name: level
    for level in (
        Level("L0", Text("平日10時間の平均", "the mean of a weekday over ten hours"), 316.0, 0.37),
        Level(
            "L1",
            Text("現在最も混む月曜日の最も混む1分", "the busiest minute of today's busiest Monday"),
            _BUSIEST_MINUTE,
            0.37,
        ),
        Level("L2", Text("2027年の最も混む1分", "the busiest minute of 2027"), _BUSIEST_MINUTE, 0.70),
        Level("L3", Text("すべての要因を悲観的に見た場合", "pessimistic on every factor"), 2300.0, 1.0),
        Level(
            "storm",
            Text(
                "L1 の負荷で API が再起動し、1分以内に全施設が再接続",
                "L1, and after a restart of the API every site signs in within a minute",
            ),
            _BUSIEST_MINUTE,
            0.37,
            Shape.STORM,
            minutes=3.0,
        ),
        Level(
            "month-start",
            Text(
                "全員を確認し直す月初：L2 の負荷を3時間",
                "the first of a month, when everybody is checked again: L2 for three hours",
            ),
            _BUSIEST_MINUTE,
            0.70,
            minutes=3 * HOUR,
        ),
        Level(
            "batch-night",
            Text(
                "混む月曜日の前夜、翌日の患者を4時間で一括照会",
                "the next day's patients checked in batches on the evening before a busy Monday, in four hours",
            ),
            NIGHT_ROWS_PER_S,
            0.0,
            Shape.BATCHES,
            minutes=4 * HOUR,
        ),
        Level(
            "day",
            Text("混む月曜日の1日（時間帯ごと）", "a whole busy Monday, hour by hour"),
            CHECKS_PER_DAY / SECONDS,
            0.37,
            Shape.DAY,
            minutes=10.0,
            prescriptions=PRESCRIPTIONS,
        ),
    )
}

SITES = 233_000
"""Number of facilities, all of which reconnect in a storm at scale 1."""

STORM_SECONDS = 60.0
"""Within which they reconnect."""
