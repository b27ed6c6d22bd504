"""Who needs a paper certificate (資格確認書), why, and from which day (rules K1–K5). Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from eligibility_api.contract.identifiers import is_late_elderly
from eligibility_api.contract.insurer_ops import PaperApplicationReason, PaperReason
from eligibility_api.domain.ages import anniversary
from eligibility_api.domain.dates import JAPAN, day_in_japan, months_before
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.domain.expiry import Carrier, CertificateEnd, usable_until

LATE_ELDERLY_BY_CARD_FROM = date(2026, 8, 1)
"""Until the day before, every member of the late-elderly scheme gets a paper certificate."""

PAPER_AGE = 85
"""Members of the late-elderly scheme get one from this birthday on, with or without a card."""


_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BoundCard:
    """A registered certificate that is neither revoked nor suspended."""

    bound_at: datetime
    not_after: datetime | None
    """None: bound before ends were stored; it counts as not expired."""
    carrier: Carrier | None
    ends_at: datetime | None
    """The first instant at which a deregistration (利用登録解除) has ended the registration; None: none."""


@dataclass(frozen=True, slots=True)
class PaperApplication:
    """A member's application for a paper certificate."""

    reason: PaperApplicationReason
    applied_at: datetime
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PaperNeed:
    """Why a member needs a paper certificate. `needed_from`: the first day without a card; None: today."""

    reason: PaperReason
    needed_from: date | None = None


def paper_need(
    member: EnrolmentVersion,
    cards: Sequence[BoundCard],
    applications: Iterable[PaperApplication],
    day: date,
) -> PaperNeed | None:
    """Whether an insured member needs a paper certificate on `day`; None: a notice is enough (K1)."""
    if member.self_disclosure_blocked:
        return PaperNeed(PaperReason.BLOCKED)
    if _by_age(member, day):
        return PaperNeed(PaperReason.LATE_ELDERLY)
    if (reason := _applied_for(applications, cards)) is not None:
        return PaperNeed(reason)
    return _without_card(cards, day)


def applications_at(applications: Iterable[PaperApplication], instant: datetime) -> list[PaperApplication]:
    """The applications as they stood at an earlier instant (K5)."""
    return [
        replace(application, withdrawn_at=None)
        if application.withdrawn_at is not None and application.withdrawn_at > instant
        else application
        for application in applications
        if application.applied_at <= instant
    ]


def registration_ends_at(applied_at: datetime) -> datetime:
    """The first instant after a deregistration's effect: the end of the next month, in Japan (K4)."""
    month = months_before(day_in_japan(applied_at), -2)
    return datetime.combine(month, time(), JAPAN)


def _by_age(member: EnrolmentVersion, day: date) -> bool:
    if not is_late_elderly(member.insurer_number):
        return False
    return day < LATE_ELDERLY_BY_CARD_FROM or anniversary(member.birth_date, PAPER_AGE) <= day


def _applied_for(applications: Iterable[PaperApplication], cards: Sequence[BoundCard]) -> PaperReason | None:
    """The reason of an application that still counts (K3, K5); the most lasting one."""
    reasons = {application.reason for application in applications if _counts(application, cards)}
    return next((PaperReason(reason.value) for reason in PaperApplicationReason if reason in reasons), None)


def _counts(application: PaperApplication, cards: Sequence[BoundCard]) -> bool:
    if application.withdrawn_at is not None:
        return False
    if application.reason is PaperApplicationReason.NEEDS_HELP:
        return True
    return not any(card.bound_at > application.applied_at for card in cards)


def _without_card(cards: Sequence[BoundCard], day: date) -> PaperNeed | None:
    """The need of a member whose cards are all deregistered or expired, or who has none (K2)."""
    lasting = [card for card in cards if card.ends_at is None]
    if not lasting:
        last = [day_in_japan(card.ends_at) for card in cards if card.ends_at is not None]
        return PaperNeed(PaperReason.DEREGISTERED, max(last)) if last else PaperNeed(PaperReason.NO_CARD)
    ends = [
        CertificateEnd(day_in_japan(card.not_after), card.carrier)
        for card in lasting
        if card.not_after is not None
    ]
    if len(ends) < len(lasting) or any(day <= end.expires_on for end in ends):
        return None
    return PaperNeed(PaperReason.EXPIRED, max(map(usable_until, ends)) + _DAY)
