"""The period of a report: whole days in Japan."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from eligibility_api.audit.report.period import MAX_DAYS, Period


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-11", date(2026, 11, 1), date(2026, 11, 30)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2028-02", date(2028, 2, 1), date(2028, 2, 29)),
        ("2026-11-30..2026-11-30", date(2026, 11, 30), date(2026, 11, 30)),
        ("2026-11-15..2026-12-14", date(2026, 11, 15), date(2026, 12, 14)),
        ("2028-01-01..2028-12-31", date(2028, 1, 1), date(2028, 12, 31)),
    ],
)
def test_a_period_is_a_month_or_days(text: str, first: date, last: date) -> None:
    period = Period.parse(text)
    assert (period.first, period.last) == (first, last)
    assert period.days[0] == first
    assert period.days[-1] == last
    assert Period.parse(str(period)) == period


@pytest.mark.parametrize(
    "text",
    [
        "", "2026", "2026-13", "2026-00", "2026-1", "26-11", "2026-11-01", "2026-11-01..", "..2026-11-01",
        "2026-02-01..2026-02-30", "2026-11-02..2026-11-01", "2025-01-01..2026-12-31", "2019-12", "9999-12", "2026-11 ",
        "２０２６-11", "2026-11-01...2026-11-02", "2026-11\n", "2026-11" + "0" * 10_000,
    ],
)  # fmt: skip
def test_anything_else_is_no_period(text: str) -> None:
    with pytest.raises(ValueError, match="day"):
        Period.parse(text)


def test_a_period_begins_and_ends_at_midnight_in_japan() -> None:
    period = Period.parse("2026-11")
    assert period.begin.astimezone(UTC) == datetime(2026, 10, 31, 15, tzinfo=UTC)
    assert period.end.astimezone(UTC) == datetime(2026, 11, 30, 15, tzinfo=UTC)
    assert len(Period.parse("2028-01-01..2028-12-31").days) == MAX_DAYS


def test_its_ids_enclose_those_of_its_records_and_of_few_others() -> None:
    """RFC 9562: an id of version 7 begins with the milliseconds since 1970."""
    period = Period.parse("2026-11")

    def made(at: datetime) -> UUID:
        return UUID(int=(round(at.timestamp() * 1000) << 80) | (7 << 76) | (0b10 << 62) | 99)

    first, last = period.ids
    assert first < made(period.begin) < made(period.end - timedelta(milliseconds=1)) < last
    assert made(period.begin - timedelta(minutes=2)) < first
    assert made(period.end + timedelta(minutes=2)) > last
