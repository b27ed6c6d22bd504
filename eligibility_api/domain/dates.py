"""Days and months as the field counts them: Japan's, whatever the zone of the machine; and how far a history reaches."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from eligibility_api.contract.errors import ShikakuError

JAPAN = timezone(timedelta(hours=9), "JST")
"""Japan's zone. It has had no summer time since 1951, so that a fixed offset is exact."""

MAX_MONTHS_BACK = 60
"""Months before the present one to which a history goes back: five years (OQS 7.3)."""

DEFAULT_MONTHS = 36
"""Months that are told where none are named, the present one included."""

_MONTHS_A_YEAR = 12


def day_in_japan(instant: datetime) -> date:
    """The day in Japan at `instant` (aware)."""
    return instant.astimezone(JAPAN).date()


def months_before(month: date, months: int) -> date:
    """The month that many before `month`; a negative number looks ahead."""
    count = month.year * _MONTHS_A_YEAR + month.month - 1 - months
    return date(count // _MONTHS_A_YEAR, count % _MONTHS_A_YEAR + 1, 1)


def format_month(month: date) -> str:
    """A month as it is written: YYYY-MM."""
    return f"{month.year:04}-{month.month:02}"


def parse_month(text: str) -> date:
    """The first day of a month that is written YYYY-MM."""
    year, month = text.split("-")
    return date(int(year), int(month), 1)


def resolve_months(
    from_month: date | None, to_month: date | None, *, until: date, today: date
) -> tuple[date, date]:
    """The first and the last month that are told; where none is named, those that end with the month of `until`.

    Raises `history-months` where they are not in this order, or not within the five years back from the present month.
    """
    present = today.replace(day=1)
    farthest = months_before(present, MAX_MONTHS_BACK)
    last = to_month or until.replace(day=1)
    first = from_month or max(months_before(last, DEFAULT_MONTHS - 1), farthest)
    if not farthest <= first <= last <= present:
        raise ShikakuError("history-months")
    return first, last
