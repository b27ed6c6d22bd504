"""The load laboratory's only reader of the system clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_JAPAN = ZoneInfo("Asia/Tokyo")


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def today_in_japan() -> date:
    """The present day in Tokyo, for which the fund answers when no other is asked for."""
    return now().astimezone(_JAPAN).date()
