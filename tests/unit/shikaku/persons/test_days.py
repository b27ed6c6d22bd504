"""Relative days of the data, resolved for any day of the run."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shikaku.persons.days import resolve, resolve_text

DAYS = st.dates(date(2025, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2028-02-29"),
        ("today-1d", "2028-02-28"),
        ("today+1d", "2028-03-01"),
        ("month-start", "2028-02-01"),
        ("month-start-1d", "2028-01-31"),
        ("month-end", "2028-02-29"),
        ("month", "2028-02"),
        ("month-end+3m", "2028-05-31"),
        ("month-end+11m", "2029-01-31"),
        ("month-end-2m", "2027-12-31"),
        ("month-end-40y", "1988-02-29"),
        ("month-end-39y", "1989-02-28"),
        ("month-end-1m-40y", "1988-01-31"),
        ("month-end-12m-39y", "1988-02-28"),
        ("month-end-4m-40y", "1987-10-31"),
        ("Y-06-15", "2028-06-15"),
        ("Y-76-06-15", "1952-06-15"),
        ("Y+1-07-31", "2029-07-31"),
        ("L-76-02-29", "1952-02-29"),
        ("L-75-02-29", "1952-02-29"),
        ("L-76+75-03-01", "2027-03-01"),
        ("2021-04-01", "2021-04-01"),
        ("7701", "7701"),
        ("試験", "試験"),
    ],
)
def test_a_day_is_resolved_from_the_day_of_the_run(text: str, day: str) -> None:
    assert resolve_text(text, date(2028, 2, 29)) == day


def test_days_are_resolved_at_any_depth_and_other_values_unchanged() -> None:
    data = {"asked": [{"as_of": "today", "limit": True}], "of": 1}
    assert resolve(data, date(2026, 1, 2)) == {"asked": [{"as_of": "2026-01-02", "limit": True}], "of": 1}


@given(DAYS)
def test_29_february_is_found_up_to_four_years_before(today: date) -> None:
    born = date.fromisoformat(resolve_text("L-76-02-29", today))
    assert (born.month, born.day) == (2, 29)
    assert today.year - 80 < born.year <= today.year - 76
