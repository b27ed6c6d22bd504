"""Durations of permits (W1, W2, W8, W9), as pure functions.

Which clock they are judged by is the store's concern.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from eligibility_api.contract.codes import Care
from eligibility_api.contract.consent_versions import STATEMENT_VERSIONS, Until

WINDOW_WITHOUT_CONSENT = timedelta(hours=24)
"""Duration of a permit without consent (W8, W9; OQS 11, rule 4); never beyond the end of a disaster."""

MAX_PRESENCE_AGE = timedelta(minutes=10)
"""Maximum age of the proof of presence that a consent (W3) or an emergency permit (W8) follows."""


def window(version: int, care: Care) -> timedelta | None:
    """How long a consent lasts by its statement's version (W2); None: until it is withdrawn."""
    terms = STATEMENT_VERSIONS[version]
    return None if terms.until[care] is Until.WITHDRAWAL else terms.window


def ends_at(version: int, care: Care, given_at: datetime) -> datetime | None:
    """The first instant at which a consent no longer grants access, unless it is ended earlier."""
    lasts = window(version, care)
    return given_at + lasts if lasts is not None else None


def holds(until: datetime | None, instant: datetime) -> bool:
    """Whether a permit that ends at `until` still grants access at `instant` (W1)."""
    return until is None or instant < until
