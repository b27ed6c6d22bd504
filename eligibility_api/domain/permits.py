"""Durations of permits (W1, W2, W8, W12, W16), as pure functions.

Which clock they are judged by is the store's concern.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from eligibility_api.contract.codes import Care
from eligibility_api.contract.consent_versions import STATEMENT_VERSIONS, Until
from eligibility_api.contract.durations import MAX_DAYS_AHEAD
from eligibility_api.domain.dates import JAPAN

WINDOW_WITHOUT_CONSENT = timedelta(hours=24)
"""Duration of a permit without consent (W8, W16; OQS 11, rule 4); never beyond the end of a disaster."""

MAX_PRESENCE_AGE = timedelta(minutes=10)
"""Maximum age of the proof of presence that a consent (W3) or an emergency permit (W8) follows."""


MAX_OWN_PAGE_CONSENTS = 20
"""How many consents that were given on her own page, and have not ended, a person may have (W14)."""


class AppointmentDay(NamedTuple):
    """The day of an appointment as instants: access from the first on, and before the second."""

    begins_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, day: date) -> AppointmentDay:
        """The whole day in Japan."""
        begins_at = datetime.combine(day, time(), JAPAN)
        return cls(begins_at, begins_at + timedelta(days=1))


def is_appointment_day(day: date, today: date) -> bool:
    """Whether a consent may be given today for an appointment on `day` (W12)."""
    return today <= day <= today + timedelta(days=MAX_DAYS_AHEAD)


def window(version: int, care: Care) -> timedelta | None:
    """How long a consent lasts by its statement's version (W2); None: until it is withdrawn."""
    terms = STATEMENT_VERSIONS[version]
    return None if terms.until[care] is Until.WITHDRAWAL else terms.window


def begins_at(day: date | None, given_at: datetime) -> datetime | None:
    """The instant before which a consent grants no access yet (W12); None: from its registration on."""
    if day is None:
        return None
    begins = AppointmentDay.of(day).begins_at
    return begins if begins > given_at else None


def ends_at(version: int, care: Care, given_at: datetime, day: date | None = None) -> datetime | None:
    """The first instant at which a consent no longer grants access, unless it is ended earlier."""
    if day is not None:
        return AppointmentDay.of(day).ends_at
    lasts = window(version, care)
    return given_at + lasts if lasts is not None else None


def holds(until: datetime | None, instant: datetime) -> bool:
    """Whether a permit that ends at `until` still grants access at `instant` (W1)."""
    return until is None or instant < until
