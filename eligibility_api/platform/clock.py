"""The only module that reads the system's clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present instant: aware, UTC."""


def system_clock() -> datetime:
    """Return the present instant by the system's clock."""
    return datetime.now(UTC)
