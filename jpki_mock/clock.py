"""The package's clock: the one place where the system time is read, and Japan's days.

Everything else takes `now` as an argument; this module decides nothing about time.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone

Clock = Callable[[], datetime]
"""Something that tells the present instant as an aware datetime."""

JAPAN = timezone(timedelta(hours=9), "JST")
"""Japan keeps one fixed offset and no summer time, so no time zone database is needed."""


def system_clock() -> datetime:
    """Return the present instant in UTC."""
    return datetime.now(UTC)


def day_in_japan(instant: datetime) -> date:
    """Return the calendar day in Japan on which an aware instant lies."""
    return instant.astimezone(JAPAN).date()


def end_of_day(day: date) -> datetime:
    """Return the last whole second of a day in Japan: certificates count in seconds."""
    return datetime.combine(day, time(23, 59, 59), JAPAN)
