"""The only module of the load laboratory that reads the system clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_JAPAN = ZoneInfo("Asia/Tokyo")


def now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)


def day_in_japan(instant: datetime) -> date:
    """The day in Tokyo at an instant (aware)."""
    return instant.astimezone(_JAPAN).date()


def today_in_japan() -> date:
    """Today's date in Tokyo, for which the fund answers unless a request names another day."""
    return day_in_japan(now())
