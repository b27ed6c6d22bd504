"""Months, and which of them a history tells."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain import dates

TODAY = date(2026, 7, 20)
firsts = st.dates(date(1990, 1, 1), date(2090, 1, 1)).map(lambda day: day.replace(day=1))


def asked(first: date | None, last: date | None, today: date = TODAY) -> tuple[date, date]:
    return dates.resolve_months(first, last, until=today, today=today)


@given(firsts, st.integers(-200, 200))
def test_months_are_counted_both_ways(month: date, count: int) -> None:
    assert dates.months_before(dates.months_before(month, count), -count) == month
    assert dates.months_before(month, 12).year == month.year - 1


@given(firsts)
def test_a_month_is_read_as_it_is_written(month: date) -> None:
    assert dates.parse_month(dates.format_month(month)) == month


def test_without_a_wish_three_years_are_told() -> None:
    assert asked(None, None) == (date(2023, 8, 1), date(2026, 7, 1))
    assert asked(None, date(2022, 1, 1)) == (date(2021, 7, 1), date(2022, 1, 1))
    assert asked(date(2026, 7, 1), None) == (date(2026, 7, 1), date(2026, 7, 1))


def test_five_years_back_is_as_far_as_it_goes() -> None:
    assert asked(date(2021, 7, 1), date(2021, 7, 1))[0] == date(2021, 7, 1)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2021, 6, 1), None),
        (None, date(2026, 8, 1)),
        (date(2026, 7, 1), date(2026, 6, 1)),
        (None, date(2020, 1, 1)),
    ],
)
def test_anything_else_is_refused(first: date | None, last: date | None) -> None:
    with pytest.raises(ShikakuError, match="history-months"):
        asked(first, last)


def test_a_page_of_yesterday_keeps_its_months() -> None:
    first, last = dates.resolve_months(None, None, until=date(2026, 6, 30), today=date(2026, 7, 1))
    assert (first, last) == (date(2023, 7, 1), date(2026, 6, 1))
