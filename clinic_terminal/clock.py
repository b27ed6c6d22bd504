"""The terminal's only reader of the system clock, and what day it is in Japan."""

from datetime import UTC, date, datetime, timedelta, timezone

JAPAN = timezone(timedelta(hours=9), "JST")
"""Japan's time has no summer time."""


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def on_the_wall(instant: datetime) -> str:
    """Day and minute of an aware `instant` as a clock in Japan shows them."""
    return instant.astimezone(JAPAN).strftime("%Y-%m-%d %H:%M")


def tomorrow(instant: datetime) -> date:
    """The day in Tokyo after that of an aware `instant`."""
    return instant.astimezone(JAPAN).date() + timedelta(days=1)
