"""How long a facility may look: windows, as pure functions. By which clock they are judged is the store's matter."""

from __future__ import annotations

from datetime import datetime, timedelta

from eligibility_api.contract.codes import Care

WINDOW = timedelta(hours=24)
"""From the registration on (OQS 11, rule 4): exactly this long for outpatients and emergencies, at most this long for an
online consultation, which the facility ends.
"""

PRESENCE_AT_MOST = timedelta(minutes=10)
"""How long before a consent the card may have proved who is present."""


def window(care: Care) -> timedelta | None:
    """How long a permit lasts; None: until it is withdrawn (home visits, OQS 11, rule 5)."""
    return None if care is Care.HOME_VISIT else WINDOW


def ends_at(care: Care, given_at: datetime) -> datetime | None:
    """The first instant at which a permit lets look no more, if it is not ended before."""
    lasts = window(care)
    return given_at + lasts if lasts is not None else None


def holds(until: datetime | None, instant: datetime) -> bool:
    """Whether a permit that ends at `until` still lets look at `instant`."""
    return until is None or instant < until
