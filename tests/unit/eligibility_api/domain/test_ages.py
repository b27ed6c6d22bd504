"""Edges of ages: both sides of each."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.domain.ages import (
    anniversary,
    in_seventies,
    late_elderly_from,
    preschool_until,
    seventies_from,
)
from tests.unit.eligibility_api.domain.members import DAY


@pytest.mark.parametrize(
    ("birth_date", "years", "day"),
    [
        (date(1951, 4, 1), 75, date(2026, 4, 1)),
        (date(1952, 2, 29), 75, date(2027, 3, 1)),
        (date(1952, 2, 29), 76, date(2028, 2, 29)),
        (date(2024, 2, 29), 1, date(2025, 3, 1)),
        (date(9990, 5, 1), 75, date(9999, 1, 1)),
        (date(9924, 5, 1), 75, date(9999, 1, 1)),
        (date(9923, 5, 1), 75, date(9998, 5, 1)),
    ],
)
def test_anniversary(birth_date: date, years: int, day: date) -> None:
    """Rule D5."""
    assert anniversary(birth_date, years) == day


@pytest.mark.parametrize(
    ("birth_date", "first"),
    [
        (date(1956, 4, 1), date(2026, 4, 1)),
        (date(1956, 4, 2), date(2026, 5, 1)),
        (date(1956, 3, 31), date(2026, 4, 1)),
        (date(1956, 12, 1), date(2026, 12, 1)),
        (date(1956, 12, 2), date(2027, 1, 1)),
        (date(1956, 2, 29), date(2026, 3, 1)),
        (date(1956, 1, 31), date(2026, 2, 1)),
    ],
)
def test_the_70_to_74_class_begins_with_the_month_after_the_birthday(birth_date: date, first: date) -> None:
    """Rule D6."""
    assert seventies_from(birth_date) == first
    assert [in_seventies(birth_date, day) for day in (first - DAY, first)] == [False, True]
    end = late_elderly_from(birth_date)
    assert [in_seventies(birth_date, day) for day in (end - DAY, end)] == [True, False]


@pytest.mark.parametrize(
    ("birth_date", "last"),
    [
        (date(2020, 3, 31), date(2026, 3, 31)),
        (date(2020, 4, 1), date(2026, 3, 31)),
        (date(2020, 4, 2), date(2027, 3, 31)),
        (date(2020, 1, 1), date(2026, 3, 31)),
        (date(2020, 2, 29), date(2026, 3, 31)),
        (date(2020, 12, 31), date(2027, 3, 31)),
        (date(2021, 1, 1), date(2027, 3, 31)),
    ],
)
def test_pre_school_ends_on_31_march(birth_date: date, last: date) -> None:
    """Rule D7."""
    assert preschool_until(birth_date) == last


# Later births reach the calendar's last year, which stands for all that lies beyond it: there days have no order.
@given(st.dates(max_value=date(9900, 12, 31)))
def test_every_birth_date_is_accepted(birth_date: date) -> None:
    """Rules D5 to D7."""
    assert preschool_until(birth_date) <= seventies_from(birth_date) <= late_elderly_from(birth_date)
