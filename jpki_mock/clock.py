"""The only module of this package that reads the system clock; days and eras (元号) in Japan.

All other modules take `now` as an argument.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone

Clock = Callable[[], datetime]
"""Returns the current instant as a timezone-aware datetime."""

JAPAN = timezone(timedelta(hours=9), "JST")
"""Japan has a fixed offset without summer time, so no time zone database is needed."""

_ERAS = (
    (5, date(2019, 5, 1)),
    (4, date(1989, 1, 8)),
    (3, date(1926, 12, 25)),
    (2, date(1912, 7, 30)),
    (1, date(1868, 1, 25)),
)
"""Number and first day of each era (元号)."""


def system_clock() -> datetime:
    """Return the current instant in UTC."""
    return datetime.now(UTC)


def day_in_japan(instant: datetime) -> date:
    """Return the calendar day in Japan of a timezone-aware instant."""
    return instant.astimezone(JAPAN).date()


def start_of_day(day: date) -> datetime:
    """Return the first instant of a day in Japan."""
    return datetime.combine(day, time(), JAPAN)


def end_of_day(day: date) -> datetime:
    """Return the last whole second of a day in Japan: certificates have a resolution of seconds."""
    return datetime.combine(day, time(23, 59, 59), JAPAN)


def era_of(day: date) -> tuple[int, int]:
    """Return the era (1 Meiji, 2 Taisho, 3 Showa, 4 Heisei, 5 Reiwa) and the year in it, counted from 1.

    Raises ValueError for a day before Meiji.
    """
    for era, first_day in _ERAS:
        if day >= first_day:
            return era, day.year - first_day.year + 1
    raise ValueError("the day is before the Meiji era")
