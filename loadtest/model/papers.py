"""Who needs a paper certificate, from rules K1–K5 of `docs/rules.md` alone: day by day, naively."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from loadtest.model.ages import age

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Card:
    """A bound certificate, neither revoked nor suspended, by days: bound, last valid, first after deregistration.

    `phone`: it has no three months after its last day (A6).
    """

    bound_on: date
    last_day: date | None
    ended_on: date | None
    phone: bool = False


@dataclass(frozen=True)
class Member:
    """What the rules ask about a member."""

    insurer_number: str
    birth_date: date
    blocked: bool


Application = tuple[str, date, bool]
"""An application: its reason, its day, and whether it was withdrawn."""

Need = tuple[str, date | None]
"""The reason, and the day from which the need is known to begin."""


def need(
    member: Member, cards: Sequence[Card], applications: Sequence[Application], day: date
) -> Need | None:
    """The need on a day; None: a notice."""
    if member.blocked:
        return "blocked", None
    scheme = len(member.insurer_number) == 8 and member.insurer_number.startswith("39")
    if scheme and (age(member.birth_date, day) >= 85 or day < date(2026, 8, 1)):
        return "late-elderly", None
    for reason in ("needs-help", "card-returned", "card-lost"):
        for applied_for, applied_on, withdrawn in applications:
            newer = any(card.bound_on > applied_on for card in cards)
            if applied_for == reason and not withdrawn and (reason == "needs-help" or not newer):
                return reason, None
    return _by_cards(cards, day)


def deregistration_ends(applied_on: date) -> date:
    """The first day on which a deregistration has taken effect (K4)."""
    day = applied_on
    for _ in range(2):
        day = _next_month(day)
    return day


def _by_cards(cards: Sequence[Card], day: date) -> Need | None:
    kept = [card for card in cards if card.ended_on is None]
    if any(card.last_day is None or card.last_day >= day for card in kept):
        return None
    if kept:
        return "certificate-expired", max(_unusable_from(card) for card in kept)
    ends = [card.ended_on for card in cards if card.ended_on is not None]
    return ("deregistered", max(ends)) if ends else ("no-card", None)


def _unusable_from(card: Card) -> date:
    assert card.last_day is not None
    if card.phone:
        return card.last_day + _DAY
    first = card.last_day
    for _ in range(4):
        first = _next_month(first)
    return first


def _next_month(day: date) -> date:
    """The first of the following month."""
    month = day.month
    while day.month == month:
        day += _DAY
    return day
