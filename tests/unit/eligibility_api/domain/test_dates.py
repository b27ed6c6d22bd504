"""Days and months are Japan's; the months that a history covers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain import dates
from eligibility_api.domain.dates import JAPAN, day_in_japan

HAWAII = timezone(timedelta(hours=-10))
zones = st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))
instants = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 - Hypothesis adds the zone itself
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 3, 31, 14, 59, 59, 999999, tzinfo=UTC), date(2026, 3, 31)),
        (datetime(2026, 3, 31, 15, 0, tzinfo=UTC), date(2026, 4, 1)),
        (datetime(2026, 4, 1, 0, 0, tzinfo=JAPAN), date(2026, 4, 1)),
        (datetime(2026, 4, 1, 23, 59, 59, tzinfo=JAPAN), date(2026, 4, 1)),
        (datetime(2026, 3, 31, 5, 0, tzinfo=HAWAII), date(2026, 4, 1)),
        (datetime(2026, 12, 31, 15, 0, tzinfo=UTC), date(2027, 1, 1)),
        (datetime(2028, 2, 28, 15, 0, tzinfo=UTC), date(2028, 2, 29)),
    ],
)
def test_a_day_begins_at_midnight_in_japan(instant: datetime, day: date) -> None:
    """Rule D10."""
    assert day_in_japan(instant) == day


@given(instants, zones)
def test_the_zone_of_an_instant_does_not_matter(instant: datetime, zone: timezone) -> None:
    """Rule D10."""
    assert day_in_japan(instant.astimezone(zone)) == day_in_japan(instant)


@given(instants)
def test_a_day_has_24_hours(instant: datetime) -> None:
    """Rule D10."""
    assert day_in_japan(instant + timedelta(days=1)) == day_in_japan(instant) + timedelta(days=1)


TODAY = date(2026, 7, 20)
firsts = st.dates(date(1990, 1, 1), date(2090, 1, 1)).map(lambda day: day.replace(day=1))


def asked(first: date | None, last: date | None, today: date = TODAY) -> tuple[date, date]:
    return dates.resolve_months(first, last, until=today, today=today)


@given(firsts, st.integers(-200, 200))
def test_months_are_counted_both_ways(month: date, count: int) -> None:
    assert dates.months_before(dates.months_before(month, count), -count) == month
    assert dates.months_before(month, 12).year == month.year - 1


@given(firsts)
def test_a_formatted_month_is_parsed_again(month: date) -> None:
    assert dates.parse_month(dates.format_month(month)) == month


def test_the_default_is_the_whole_reach() -> None:
    """Rule H11: 60 months back."""
    assert asked(None, None) == (date(2021, 7, 1), date(2026, 7, 1))
    assert asked(None, date(2022, 1, 1)) == (date(2021, 7, 1), date(2022, 1, 1))
    assert asked(date(2026, 7, 1), None) == (date(2026, 7, 1), date(2026, 7, 1))


def test_the_range_reaches_five_years_back() -> None:
    """Rule H11."""
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
def test_other_ranges_are_refused(first: date | None, last: date | None) -> None:
    """Rule H11."""
    with pytest.raises(ShikakuError, match="history-months"):
        asked(first, last)


def test_a_page_begun_yesterday_keeps_its_months() -> None:
    """Rule H11."""
    first, last = dates.resolve_months(None, None, until=date(2026, 6, 30), today=date(2026, 7, 1))
    assert (first, last) == (date(2021, 6, 1), date(2026, 6, 1))


@pytest.mark.parametrize(("today", "refused"), [(date(2026, 7, 1), False), (date(2026, 7, 2), True)], ids=str)
def test_the_former_months_reach_is_allowed_on_the_first_of_a_month(today: date, refused: bool) -> None:
    """Rule H11."""
    if refused:
        with pytest.raises(ShikakuError, match="history-months"):
            asked(date(2021, 6, 1), None, today)
    else:
        assert asked(date(2021, 6, 1), None, today)[0] == date(2021, 6, 1)
