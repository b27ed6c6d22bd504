"""The clock. No other module reads the system time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current instant, timezone-aware, in UTC."""


def system_clock() -> datetime:
    """Return the current instant of the system clock."""
    return datetime.now(UTC)
