"""The terminal's only access to the system clock, and dates and times in Japan."""

from datetime import UTC, date, datetime, timedelta, timezone

JAPAN = timezone(timedelta(hours=9), "JST")
"""Japan has no summer time."""


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return datetime.now(UTC)


def format_jst(instant: datetime) -> str:
    """Date and minute of an aware `instant` in Japan."""
    return instant.astimezone(JAPAN).strftime("%Y-%m-%d %H:%M")


def tomorrow(instant: datetime) -> date:
    """The day after that of an aware `instant` in Japan."""
    return instant.astimezone(JAPAN).date() + timedelta(days=1)
