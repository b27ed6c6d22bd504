"""Days as the field counts them: Japan's, whatever the zone of the machine."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

JAPAN = timezone(timedelta(hours=9), "JST")
"""Japan's zone. It has had no summer time since 1951, so that a fixed offset is exact."""


def day_in_japan(instant: datetime) -> date:
    """The day in Japan at `instant` (aware)."""
    return instant.astimezone(JAPAN).date()
