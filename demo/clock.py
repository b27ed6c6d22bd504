"""The one place of this package that reads the system's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

JAPAN = timezone(timedelta(hours=9), "JST")


def now() -> datetime:
    """The instant, aware."""
    return datetime.now(UTC)


def today() -> date:
    """The calendar day in Japan."""
    return now().astimezone(JAPAN).date()
