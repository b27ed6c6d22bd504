"""Windows of permits (W1, W2): their ends, and the instants on both sides of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from eligibility_api.contract.codes import Care
from eligibility_api.contract.consent_versions import STATEMENT_VERSION
from eligibility_api.domain.permits import WINDOW_WITHOUT_CONSENT, ends_at, holds

GIVEN = datetime(2026, 3, 31, 16, 30, tzinfo=UTC)
DAY, MOMENT = timedelta(hours=24), timedelta(microseconds=1)


@pytest.mark.parametrize("care", [Care.OUTPATIENT, Care.ONLINE])
def test_a_consent_lasts_24_hours_to_the_microsecond(care: Care) -> None:
    until = ends_at(STATEMENT_VERSION, care, GIVEN)
    assert [holds(until, instant) for instant in (GIVEN, GIVEN + DAY - MOMENT, GIVEN + DAY)] == [
        True,
        True,
        False,
    ]


def test_a_permit_without_consent_lasts_24_hours() -> None:
    assert WINDOW_WITHOUT_CONSENT == DAY


def test_a_consent_for_care_at_home_lasts_until_it_is_withdrawn() -> None:
    until = ends_at(STATEMENT_VERSION, Care.HOME_VISIT, GIVEN)
    assert until is None
    assert holds(until, GIVEN + timedelta(days=4000))
