"""Ages by counting birthdays, as properties and at the days on which classes change (rules D3 to D8)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.model.ages import age, birthday, in_seventies, preschool
from tests.depth import max_examples

BORN = st.dates(date(1900, 1, 1), date(2025, 12, 31))
ONE_DAY = timedelta(days=1)


@given(BORN, st.integers(0, 110))
def test_a_birthday_is_the_first_day_of_an_age(born: date, years: int) -> None:
    first = birthday(born, years)
    assert age(born, first) == years
    assert age(born, first - ONE_DAY) == years - 1


@given(BORN, st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_an_age_grows_by_one_a_year(born: date, day: date) -> None:
    after = day.replace(year=day.year + 1) if (day.month, day.day) != (2, 29) else date(day.year + 1, 3, 1)
    assert age(born, after) == age(born, day) + 1


@pytest.mark.parametrize(
    ("born", "day", "years"),
    [
        (date(2000, 2, 29), date(2001, 2, 28), 0),
        (date(2000, 2, 29), date(2001, 3, 1), 1),
        (date(2000, 2, 29), date(2004, 2, 28), 3),
        (date(2000, 2, 29), date(2004, 2, 29), 4),
        (date(1951, 1, 1), date(2025, 12, 31), 74),
        (date(1951, 1, 1), date(2026, 1, 1), 75),
    ],
)
def test_who_was_born_on_29_february_has_her_birthday_after_the_28th(
    born: date, day: date, years: int
) -> None:
    assert age(born, day) == years


@pytest.mark.parametrize(
    ("born", "first", "last"),
    [
        (date(1956, 5, 1), date(2026, 5, 1), date(2031, 4, 30)),
        (date(1956, 5, 2), date(2026, 6, 1), date(2031, 5, 1)),
        (date(1956, 5, 31), date(2026, 6, 1), date(2031, 5, 30)),
        (date(1956, 12, 31), date(2027, 1, 1), date(2031, 12, 30)),
        (date(1956, 2, 29), date(2026, 3, 1), date(2031, 2, 28)),
    ],
)
def test_the_class_of_the_seventies_begins_with_a_month_and_ends_before_75(
    born: date, first: date, last: date
) -> None:
    assert [in_seventies(born, day) for day in (first - ONE_DAY, first, last, last + ONE_DAY)] == [
        False, True, True, False,
    ]  # fmt: skip


@max_examples(40)
@given(BORN.filter(lambda born: born.year < 1990))
def test_the_class_lasts_nearly_five_years_without_a_gap(born: date) -> None:
    days = [birthday(born, 69) + timedelta(days=place) for place in range(0, 7 * 366, 29)]
    inside = [in_seventies(born, day) for day in days]
    assert sum(inside) * 29 == pytest.approx(5 * 365, abs=60)
    assert inside == sorted(inside[: inside.index(True) + 1]) + sorted(
        inside[inside.index(True) + 1 :], reverse=True
    )


@pytest.mark.parametrize(
    ("born", "last"),
    [
        (date(2019, 4, 1), date(2025, 3, 31)),
        (date(2019, 4, 2), date(2026, 3, 31)),
        (date(2020, 3, 31), date(2026, 3, 31)),
        (date(2020, 4, 1), date(2026, 3, 31)),
        (date(2020, 4, 2), date(2027, 3, 31)),
    ],
)
def test_a_child_goes_to_school_in_the_april_after_its_sixth_birthday(born: date, last: date) -> None:
    """A child born on 1 April is six on the day on which the year begins; one born on the 2nd waits a year."""
    assert preschool(born, last)
    assert not preschool(born, last + ONE_DAY)


@given(BORN)
def test_nobody_is_preschool_at_seven(born: date) -> None:
    assert preschool(born, born)
    assert not preschool(born, birthday(born, 7))
    assert preschool(born, birthday(born, 5))
