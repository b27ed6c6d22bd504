"""Days and months in Japan's time zone, whatever the machine's; and the range of a history."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from eligibility_api.contract.errors import ShikakuError

JAPAN = timezone(timedelta(hours=9), "JST")
"""Japan's time zone. It has had no summer time since 1951, so a fixed offset is exact (rule D10)."""

MAX_MONTHS_BACK = 60
"""Months before the present one that a history reaches back: five years (OQS 7.3, rule H11)."""

_MONTHS_A_YEAR = 12


def day_in_japan(instant: datetime) -> date:
    """The day in Japan at `instant` (aware; rule D10)."""
    return instant.astimezone(JAPAN).date()


def months_before(month: date, months: int) -> date:
    """The month `months` before `month`; a negative number counts ahead."""
    count = month.year * _MONTHS_A_YEAR + month.month - 1 - months
    return date(count // _MONTHS_A_YEAR, count % _MONTHS_A_YEAR + 1, 1)


def format_month(month: date) -> str:
    """A month as YYYY-MM."""
    return f"{month.year:04}-{month.month:02}"


def parse_month(text: str) -> date:
    """The first day of a month given as YYYY-MM."""
    year, month = text.split("-")
    return date(int(year), int(month), 1)


def resolve_months(
    from_month: date | None, to_month: date | None, *, until: date, today: date
) -> tuple[date, date]:
    """The first and last month of an answer; by default 60 months back from that of `until` (rule H11).

    Raises `history-months` if they are out of order, or outside the five years before the present month. On
    the 1st of a month the former one's reach is allowed too: pages begun the day before keep their months.
    """
    present = today.replace(day=1)
    farthest = months_before((today - timedelta(days=1)).replace(day=1), MAX_MONTHS_BACK)
    last = to_month or until.replace(day=1)
    first = from_month or max(months_before(last, MAX_MONTHS_BACK), farthest)
    if not farthest <= first <= last <= present:
        raise ShikakuError("history-months")
    return first, last
