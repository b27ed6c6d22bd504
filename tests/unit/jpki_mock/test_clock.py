"""Japanese eras and days."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpki_mock.clock import day_in_japan, end_of_day, era_of


@pytest.mark.parametrize(
    ("day", "era"),
    [
        (date(2019, 5, 1), (5, 1)),
        (date(2019, 4, 30), (4, 31)),
        (date(1989, 1, 7), (3, 64)),
        (date(1926, 12, 25), (3, 1)),
        (date(1926, 12, 24), (2, 15)),
        (date(1900, 1, 1), (1, 33)),
    ],
)
def test_a_day_belongs_to_the_era_that_began_last(day: date, era: tuple[int, int]) -> None:
    assert era_of(day) == era


def test_a_day_before_meiji_has_no_era() -> None:
    with pytest.raises(ValueError, match="era"):
        era_of(date(1800, 1, 1))


@given(st.dates(date(1868, 1, 25), date(2100, 12, 31)))
def test_years_of_an_era_are_counted_by_calendar_years(day: date) -> None:
    era, year = era_of(day)
    assert 1 <= era <= 5
    assert year >= 1
    later = era_of(day + timedelta(days=1))
    assert later in ((era, year), (era, year + 1), (era + 1, 1))


@given(st.integers(0, 4_000_000_000))
def test_a_day_in_japan_ends_with_its_last_second(seconds: int) -> None:
    instant = datetime.fromtimestamp(seconds, UTC)
    day = day_in_japan(instant)
    assert instant <= end_of_day(day) + timedelta(seconds=1)
    assert day_in_japan(end_of_day(day)) == day
    assert day_in_japan(end_of_day(day) + timedelta(seconds=1)) == day + timedelta(days=1)
