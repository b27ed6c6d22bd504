"""The only module of this package that reads the system clock."""

from datetime import UTC, date, datetime, timedelta, timezone

JAPAN = timezone(timedelta(hours=9))
"""Japan's time, without daylight saving."""


def now() -> datetime:
    """The current instant, timezone-aware, in UTC."""
    return datetime.now(UTC)


def day_in_japan(instant: datetime) -> date:
    """The calendar day in Japan at a timezone-aware instant."""
    return instant.astimezone(JAPAN).date()


def this_month() -> str:
    """The current month in Japan, YYYY-MM."""
    return f"{day_in_japan(now()):%Y-%m}"


def month_before(month: str) -> str:
    """The month before the given one, both YYYY-MM."""
    return f"{date.fromisoformat(f'{month}-01') - timedelta(days=1):%Y-%m}"
