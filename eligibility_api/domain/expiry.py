"""How long a certificate counts, by its carrier, and from when its holder is asked to renew it (rules A6, A7).

A card whose certificate has expired still shows the eligibility for a while, and nothing else; a phone does not.
Days are days in Japan; a certificate's last day is the one in which its notAfter falls.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.eligibility import CertificateRenewal
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.certificate import UserCertificate, check_period
from eligibility_api.domain.dates import day_in_japan, months_before

_MONTHS = 3
"""Months of the grace period after the month of expiry, and of the alert before the last day."""

_IN_GRACE = frozenset({Purpose.ELIGIBILITY, Purpose.VISUAL_CHECK})
"""What a card may prove during its grace period: the eligibility."""

_CONSENTS = frozenset({Purpose.CONSENT, Purpose.VISUAL_CONSENT})

_NO_ALERT = timedelta(days=31 * _MONTHS)
"""More than this before its end, no certificate is in the alert: most taps need no calendar."""


class Carrier(StrEnum):
    """What carries a certificate's key: the My Number Card, or a phone, whose certificate depends on the card's."""

    CARD = "card"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class CertificateEnd:
    """A certificate's last day and its carrier; None if J-LIS was not asked for it."""

    expires_on: date
    carrier: Carrier | None


def usable_until(end: CertificateEnd) -> date:
    """The last day on which the eligibility is answered (rule A6).

    Of a card the last day of the third month after the month of expiry. A phone has no grace period, and an
    unknown carrier may be one.
    """
    if end.carrier is not Carrier.CARD:
        return end.expires_on
    return months_before(end.expires_on, -_MONTHS - 1) - timedelta(days=1)


def alert_from(expires_on: date) -> date:
    """The first day of the alert: three months before the last day, in a shorter month its end (rule A7)."""
    month = months_before(expires_on, _MONTHS)
    return month.replace(day=min(expires_on.day, calendar.monthrange(month.year, month.month)[1]))


def renewal(end: CertificateEnd, day: date) -> CertificateRenewal | None:
    """The remark of an answer on a day; None outside of the alert (rule A7)."""
    if not alert_from(end.expires_on) <= day <= usable_until(end):
        return None
    return CertificateRenewal(
        status="expiring" if day <= end.expires_on else "grace",
        expires_on=end.expires_on,
        renew_by=usable_until(end),
    )


def alerted_end(not_after: datetime, now: datetime) -> date | None:
    """The last day of a certificate whose alert has begun; None before that."""
    if not_after - now > _NO_ALERT:
        return None
    expires_on = day_in_japan(not_after)
    return expires_on if alert_from(expires_on) <= day_in_japan(now) else None


def check_purpose(certificate: UserCertificate, purpose: Purpose, now: datetime) -> None:
    """Check the period for a purpose: for the eligibility alone the grace period of a card counts (A4, A6).

    Whether the carrier is a card is known from its binding, and checked with it. Raises
    `certificate-not-yet-valid`, `certificate-expired`, and during the grace period
    `consent-certificate-expired` for a consent.
    """
    card = CertificateEnd(day_in_japan(certificate.not_after), Carrier.CARD)
    in_grace = now > certificate.not_after and day_in_japan(now) <= usable_until(card)
    if in_grace and purpose in _IN_GRACE:
        return
    if in_grace and purpose in _CONSENTS:
        raise ShikakuError("consent-certificate-expired")
    check_period(certificate, now)
