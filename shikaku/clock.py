"""The only module of this package that reads the system clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

JAPAN = timezone(timedelta(hours=9), "JST")


def now() -> datetime:
    """The current instant, timezone-aware."""
    return datetime.now(UTC)


def today() -> date:
    """The current calendar day in Japan."""
    return now().astimezone(JAPAN).date()
