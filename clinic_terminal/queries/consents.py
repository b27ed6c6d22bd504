"""A facility's consents for care beyond a visit, as the fund lists them: those that hold, or will."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from clinic_terminal.clock import JAPAN
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Care
from eligibility_api.contract.consent import ConsentStatus
from eligibility_api.contract.durations import MAX_DAYS_AHEAD
from eligibility_api.contract.history_query import Staff

Days = tuple[date, date]
"""The first and the last day of a period."""


def days_of_consent(consultations: Days) -> Days:
    """The days on which the consents of these days' consultations were given."""
    ahead = timedelta(days=MAX_DAYS_AHEAD)
    return max(consultations[0], date.min + ahead) - ahead, consultations[1]


def open_consents(
    fund: FundClient, care: Care, given: Days, by: Staff, now: datetime, *, consultations: Days | None = None
) -> Iterator[ConsentStatus]:
    """Those registered on the days `given` that have not ended at `now`, oldest first, lazily.

    `consultations`: only those for a consultation on these days. Raises ShikakuError.
    """
    for consent in fund.consents(care, *given, by):
        if not _has_ended(consent, now) and _is_on(consent, consultations):
            yield consent


def day_of(consent: ConsentStatus) -> date:
    """The day of the consultation: that of the appointment, or of the consent itself."""
    return (consent.available_from or consent.given_at).astimezone(JAPAN).date()


def _has_ended(consent: ConsentStatus, now: datetime) -> bool:
    until = consent.available_until
    return consent.ended_at is not None or (until is not None and until <= now)


def _is_on(consent: ConsentStatus, days: Days | None) -> bool:
    return days is None or days[0] <= day_of(consent) <= days[1]
