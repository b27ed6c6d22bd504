"""The summary of a history for emergencies: what it shows, and how far back (rule W13)."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from eligibility_api.contract.emergency_summary import EMERGENCY_SUMMARY, Reach
from eligibility_api.contract.history import HistoryResource
from eligibility_api.domain.dates import months_before


def first_day(reach: Reach, today: date) -> date:
    """The first day that is shown: as many months before, in a shorter month its last day; or as many days."""
    if not reach.months:
        return today - timedelta(days=reach.days)
    month = months_before(today, reach.months)
    return month.replace(day=min(today.day, calendar.monthrange(month.year, month.month)[1]))


def in_summary(resource: HistoryResource, kind: str, on: date | None, month: date, today: date) -> bool:
    """Whether the summary shows a row of a resource, by its origin or kind, and its day; else its month."""
    reach = EMERGENCY_SUMMARY.get(resource, {}).get(kind)
    if reach is None:
        return False
    first = first_day(reach, today)
    return on >= first if on is not None else month >= first.replace(day=1)
