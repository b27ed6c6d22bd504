"""Windows: their ends, and the instants on both sides of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from eligibility_api.contract.codes import Care
from eligibility_api.domain.permits import ends_at, holds

GIVEN = datetime(2026, 3, 31, 16, 30, tzinfo=UTC)


@pytest.mark.parametrize("care", [Care.OUTPATIENT, Care.ONLINE, Care.EMERGENCY])
def test_a_permit_lasts_for_24_hours_to_the_microsecond(care: Care) -> None:
    until = ends_at(care, GIVEN)
    last = GIVEN + timedelta(hours=24) - timedelta(microseconds=1)
    assert [holds(until, instant) for instant in (GIVEN, last, GIVEN + timedelta(hours=24))] == [
        True,
        True,
        False,
    ]


def test_care_at_home_lasts_until_it_is_withdrawn() -> None:
    until = ends_at(Care.HOME_VISIT, GIVEN)
    assert until is None
    assert holds(until, GIVEN + timedelta(days=4000))
