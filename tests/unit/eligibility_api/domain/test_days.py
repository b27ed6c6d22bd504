"""Days are Japan's, whatever zone an instant is told in."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    assert day_in_japan(instant) == day


@given(instants, zones)
def test_the_zone_in_which_an_instant_is_told_does_not_matter(instant: datetime, zone: timezone) -> None:
    assert day_in_japan(instant.astimezone(zone)) == day_in_japan(instant)


@given(instants)
def test_a_day_has_24_hours(instant: datetime) -> None:
    assert day_in_japan(instant + timedelta(days=1)) == day_in_japan(instant) + timedelta(days=1)
