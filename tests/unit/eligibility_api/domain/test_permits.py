"""Windows of permits (W1, W2, W12): their ends, and the instants on both sides of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from eligibility_api.contract.codes import Care
from eligibility_api.contract.consent_versions import STATEMENT_VERSION, STATEMENT_VERSIONS
from eligibility_api.contract.durations import MAX_DAYS_AHEAD, MAX_IDENTIFICATION_AGE
from eligibility_api.domain.permits import (
    MAX_OWN_PAGE_CONSENTS,
    MAX_PRESENCE_AGE,
    WINDOW_WITHOUT_CONSENT,
    begins_at,
    ends_at,
    holds,
    is_appointment_day,
)

GIVEN = datetime(2026, 3, 31, 16, 30, tzinfo=UTC)
DAY, MOMENT = timedelta(hours=24), timedelta(microseconds=1)


@pytest.mark.parametrize("version", list(STATEMENT_VERSIONS))
@pytest.mark.parametrize("care", [Care.OUTPATIENT, Care.ONLINE])
def test_a_consent_lasts_24_hours_to_the_microsecond(version: int, care: Care) -> None:
    until = ends_at(version, care, GIVEN)
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


TODAY = date(2026, 4, 1)
"""The day in Japan of GIVEN."""


@pytest.mark.parametrize(
    ("ahead", "begins", "ends"),
    [
        (3, datetime(2026, 4, 3, 15, tzinfo=UTC), datetime(2026, 4, 4, 15, tzinfo=UTC)),
        (1, datetime(2026, 4, 1, 15, tzinfo=UTC), datetime(2026, 4, 2, 15, tzinfo=UTC)),
        (0, None, datetime(2026, 4, 1, 15, tzinfo=UTC)),
    ],
)
def test_a_consent_for_an_appointment_lasts_for_its_day_in_japan(
    ahead: int, begins: datetime | None, ends: datetime
) -> None:
    """Rules D10, W12: midnight in Japan is 15:00 UTC of the day before."""
    day = TODAY + timedelta(days=ahead)
    assert begins_at(day, GIVEN) == begins
    assert ends_at(STATEMENT_VERSION, Care.ONLINE, GIVEN, day) == ends


def test_without_a_day_a_consent_begins_at_once() -> None:
    """Rule W12."""
    assert begins_at(None, GIVEN) is None


@pytest.mark.parametrize(("ahead", "possible"), [(-1, False), (0, True), (3, True), (30, True), (31, False)])
def test_an_appointment_is_today_or_at_most_30_days_ahead(ahead: int, possible: bool) -> None:
    """Rule W12."""
    assert MAX_DAYS_AHEAD == 30
    assert is_appointment_day(TODAY + timedelta(days=ahead), TODAY) is possible


def test_the_patient_was_identified_ten_minutes_before_at_most() -> None:
    """Rules W3, W8."""
    assert timedelta(minutes=10) == MAX_PRESENCE_AGE


def test_a_patient_is_identified_for_24_hours_and_has_at_most_20_consents_of_her_own_page() -> None:
    """Rules W11, W14 and W17."""
    assert timedelta(hours=24) == MAX_IDENTIFICATION_AGE
    assert MAX_OWN_PAGE_CONSENTS == 20
