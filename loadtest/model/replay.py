"""What the fund knows at an instant, by replaying the events until then (rules T1 to T7, R1, R5)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any

from loadtest.model.events import (
    Corrected,
    Ended,
    Enrolled,
    Event,
    FilePublished,
    FileUndone,
    Items,
    Membership,
    MismatchConfirmed,
    MismatchOpened,
    Row,
    TicketRegistered,
)

Period = dict[str, Any]
"""One period of a member: its items, and `membership`, `person`, `mismatch`, and `since`, the number of
changes before it.
"""

LONG_VOWEL = "\u30fc"

Key = tuple[str, str, str, str, date]


class EventRejected(Exception):
    """The event is impossible; `code`: the fund's error code."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass
class Knowledge:
    """All that is known: the periods of each membership, the tickets, and the periods before each file."""

    periods: dict[Key, list[Period]] = field(default_factory=dict)
    tickets: dict[Key, list[Items]] = field(default_factory=dict)
    before: dict[str, dict[Key, list[Period]]] = field(default_factory=dict)
    last_change: dict[Key, Event] = field(default_factory=dict)
    published: dict[str, Event] = field(default_factory=dict)
    changes: int = 0

    def put(self, key: Key, periods: Sequence[Period], event: Event) -> None:
        """Set the periods of a membership, changed by `event`."""
        for period in periods:
            if not any(period is former for former in self.periods.get(key, [])):
                period["since"] = self.changes
                self.changes += 1
        self.periods[key] = list(periods)
        self.last_change[key] = event


@cache
def key_of(membership: Membership) -> Key:
    """A membership in the form in which it is compared (R1)."""
    insurer, symbol, number, branch, birth_date = membership
    return _payer(insurer), _normal(symbol or ""), _normal(number), _normal(branch or ""), birth_date


def _payer(number: str) -> str:
    digits = _normal(number)
    return digits[2:] if len(digits) == 8 and digits.startswith("00") else digits


def _normal(text: str) -> str:
    wide_or_narrow = unicodedata.normalize("NFKC", text)
    kept = "".join(
        c for c in wide_or_narrow if unicodedata.category(c) not in {"Zs", "Pd", "Cf"} and c != "\u2212"
    )
    joined = "".join(c for n, c in enumerate(kept) if c != LONG_VOWEL or not _between_digits(kept, n))
    # Sound marks and accents that stood apart belong to the letter before them.
    whole = unicodedata.normalize("NFKC", joined)
    return "".join(c.upper() if c.isascii() else c for c in whole)


def _between_digits(text: str, place: int) -> bool:
    before, after = text[:place].rstrip(LONG_VOWEL), text[place:].lstrip(LONG_VOWEL)
    return before[-1:] in tuple("0123456789") and after[:1] in tuple("0123456789")


def replay(events: Iterable[Event], known_at: datetime) -> Knowledge:
    """What is known at an instant. Raises EventRejected."""
    known = Knowledge()
    for event in events:
        if event.at <= known_at:
            apply(known, event)
    return known


def apply(known: Knowledge, event: Event) -> None:
    """Apply one event. Raises EventRejected."""
    match event:
        case Enrolled():
            _enrolled(known, event)
        case Ended():
            _ended(known, event)
        case Corrected():
            _corrected(known, event, event.items)
        case MismatchOpened():
            _corrected(known, event, {"mismatch": "open"})
        case MismatchConfirmed():
            _corrected(known, event, {"mismatch": "confirmed", "person": event.person})
        case TicketRegistered():
            known.tickets.setdefault(key_of(event.membership), []).append(event.ticket)
        case FilePublished():
            _file(known, event)
        case FileUndone():
            _undone(known, event)


def _new_period(row: Row) -> Period:
    mismatch = "open" if row.person is None or row.unconfirmed else "none"
    return {**row.items, "membership": row.membership, "person": row.person, "mismatch": mismatch}


def _enrolled(known: Knowledge, event: Enrolled) -> None:
    key, new = key_of(event.row.membership), _new_period(event.row)
    existing = known.periods.get(key, [])
    if any(_overlap(new, period) for period in existing):
        raise EventRejected("enrolment-overlap")
    known.put(key, [*existing, new], event)


def _ended(known: Knowledge, event: Ended) -> None:
    key = key_of(event.membership)
    for period in known.periods.get(key, []):
        if period["acquired_on"] < event.lost_on and _includes(period, event.lost_on):
            ended = {**period, "lost_on": event.lost_on, "reason_of_loss": event.reason_of_loss}
            others = [other for other in known.periods[key] if other is not period]
            known.put(key, [*others, ended], event)
            return
    raise EventRejected("enrolment-unknown")


def _corrected(known: Knowledge, event: Corrected | MismatchOpened | MismatchConfirmed, items: Items) -> None:
    key = key_of(event.membership)
    for period in known.periods.get(key, []):
        if period["acquired_on"] == event.acquired_on:
            others = [other for other in known.periods[key] if other is not period]
            corrected = {**period, **items}
            if any(_overlap(corrected, other) for other in others):
                raise EventRejected("enrolment-overlap")
            known.put(key, [*others, corrected], event)
            return
    raise EventRejected("enrolment-unknown")


def _file(known: Knowledge, event: FilePublished) -> None:
    rows: dict[Key, list[Period]] = {}
    for row in event.rows:
        new, others = _new_period(row), rows.setdefault(key_of(row.membership), [])
        if any(_overlap(new, other) for other in others):
            raise EventRejected("rows-overlap")
        others.append(new)
    known.published[event.name] = event
    known.before[event.name] = {}
    for key, new_periods in rows.items():
        _replace(known, key, new_periods, event)


def _replace(known: Knowledge, key: Key, rows: list[Period], event: FilePublished) -> None:
    existing = known.periods.get(key, [])
    new = [row for row in rows if not any(_are_equal(row, period) for period in existing)]
    stay = [
        period
        for period in existing
        if any(_are_equal(row, period) for row in rows) or not any(_overlap(row, period) for row in rows)
    ]
    if new or len(stay) < len(existing):
        known.before[event.name][key] = existing
        known.put(key, [*stay, *new], event)


def _undone(known: Knowledge, event: FileUndone) -> None:
    for key, before in known.before[event.name].items():
        if known.last_change[key] is known.published[event.name]:
            current = known.periods[key]
            restored = [p if any(p is one for one in current) else dict(p) for p in before]
            known.put(key, restored, event)


NOT_DECLARED = {"membership", "person", "mismatch", "since"}
"""Entries of a period that are not an insurer's items."""


def _are_equal(one: Period, other: Period) -> bool:
    declared = [
        {
            name: value
            for name, value in period.items()
            if name not in NOT_DECLARED and value not in (None, False, [])
        }
        for period in (one, other)
    ]
    return declared[0] == declared[1] and one["membership"] == other["membership"]


def _overlap(one: Period, other: Period) -> bool:
    return _includes(one, other["acquired_on"]) or _includes(other, one["acquired_on"])


def _includes(period: Period, day: date) -> bool:
    """Whether `day` is in the period as the insurer declared it."""
    return period["acquired_on"] <= day and (period.get("lost_on") is None or period["lost_on"] > day)
