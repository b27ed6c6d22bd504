"""How long audit records are kept, by retention class, and when a partition may be dropped (rule T10)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

YEARS: Mapping[str, int] = {"eligibility": 10, "medical": 5}
"""Years that the records of a class are kept."""


def may_be_dropped(retention_class: str, recorded_at: datetime, now: datetime) -> bool:
    """Whether the month of a record of this class ended at least its years before `now`; never for an unknown class."""
    years = YEARS.get(retention_class)
    if years is None:
        return False
    # Months as one number, so that the month after December is the next year's.
    month_after = recorded_at.year * 12 + recorded_at.month
    return month_after + years * 12 <= now.year * 12 + now.month - 1
