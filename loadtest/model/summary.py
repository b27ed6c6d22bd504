"""The summary for emergencies as a reference model (rule W13): what is shown, and from which day."""

from __future__ import annotations

from datetime import date, timedelta

THREE_MONTHS, FIVE_YEARS = 3, 60

MONTHS = {
    "medications": {"claim": THREE_MONTHS},
    "treatments": {
        "visit": THREE_MONTHS,
        "dialysis": FIVE_YEARS,
        "haemofiltration": FIVE_YEARS,
        "peritoneal-dialysis": FIVE_YEARS,
    },
    "surgeries": {"surgery": FIVE_YEARS},
    "health-checkups": {"health-checkup": FIVE_YEARS},
}
"""What is shown of so many months, by resource and kind."""

OF_45_DAYS = {"prescription", "dispensing", "on-site"}
"""The medicines that are shown of 45 days."""


def is_shown(resource: str, kind: str, on: date | None, month: date, today: date) -> bool:
    """Whether a row shows; one without a day counts by its month."""
    first = _first_day(resource, kind, today)
    if first is None:
        return False
    if on is None:
        return (month.year, month.month) >= (first.year, first.month)
    return on >= first


def _first_day(resource: str, kind: str, today: date) -> date | None:
    if resource == "medications" and kind in OF_45_DAYS:
        return today - timedelta(days=45)
    months = MONTHS.get(resource, {}).get(kind)
    if months is None:
        return None
    counted = today.year * 12 + today.month - 1 - months
    return _latest_day(counted // 12, counted % 12 + 1, today.day)


def _latest_day(year: int, month: int, day: int) -> date:
    """That day of a month, or the last one before it that exists."""
    try:
        return date(year, month, day)
    except ValueError:
        return _latest_day(year, month, day - 1)
