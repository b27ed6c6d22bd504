"""The only module of the load laboratory that reads the system clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_JAPAN = ZoneInfo("Asia/Tokyo")


def now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)


def today_in_japan() -> date:
    """Today's date in Tokyo, for which the fund answers unless a request names another day."""
    return now().astimezone(_JAPAN).date()
