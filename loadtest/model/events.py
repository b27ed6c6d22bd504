"""Events of members' insurance, and the events of common situations.

Items have their names on the wire (`MemberItems`).

Values are plain: days as `date`, codes as text, groups of items as dicts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

Items = Mapping[str, Any]


class Membership(NamedTuple):
    """A membership as written."""

    insurer_number: str
    symbol: str | None
    number: str
    branch: str | None
    birth_date: date


class Row(NamedTuple):
    """An insurer's data of one period of a member, and the person that it is linked to (None: nobody).

    `unconfirmed`: the register no longer matches this person; a decision of the insurer is pending.
    """

    membership: Membership
    person: str | None
    items: Items
    unconfirmed: bool = False


@dataclass(frozen=True)
class Event:
    """Something that became known to the fund at an instant (aware)."""

    at: datetime


@dataclass(frozen=True)
class Enrolled(Event):
    """A member's period begins: by acquisition, birth, or a move from another insurer."""

    row: Row


@dataclass(frozen=True)
class Ended(Event):
    """The period that includes `lost_on` ends before that day."""

    membership: Membership
    lost_on: date
    reason_of_loss: str


@dataclass(frozen=True)
class Corrected(Event):
    """Items of the period that began on `acquired_on` change: a correction, a flag, another name."""

    membership: Membership
    acquired_on: date
    items: Items


@dataclass(frozen=True)
class MismatchOpened(Event):
    """The period that began on `acquired_on` disagrees with the resident register."""

    membership: Membership
    acquired_on: date


@dataclass(frozen=True)
class MismatchConfirmed(Event):
    """The insurer confirmed the person of the period; None if the register has no entry for her."""

    membership: Membership
    acquired_on: date
    person: str | None


@dataclass(frozen=True)
class TicketRegistered(Event):
    """A welfare office registered a medical ticket for a recipient."""

    membership: Membership
    ticket: Items


@dataclass(frozen=True)
class FilePublished(Event):
    """An insurer's member file is published."""

    name: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class FileUndone(Event):
    """The file of that name is undone."""

    name: str


DEATH, OTHER_INSURANCE = "01", "03"
"""Codes of a reason of loss."""


def birth(at: datetime, row: Row) -> list[Event]:
    """A child is insured from its birth on."""
    return [Enrolled(at, row._replace(items={**row.items, "acquired_on": row.membership.birth_date}))]


def move(at: datetime, later: datetime, here: Membership, there: Row, day: date) -> list[Event]:
    """A member moves to another insurer on a day; the former one reports it before the new one."""
    arrival = there._replace(items={**there.items, "acquired_on": day})
    return [Ended(at, here, day, OTHER_INSURANCE), Enrolled(later, arrival)]


def marriage(at: datetime, membership: Membership, acquired_on: date, name: Items) -> list[Event]:
    """A member takes another name."""
    return [Corrected(at, membership, acquired_on, name)]


def death(at: datetime, membership: Membership, day: date) -> list[Event]:
    """A member dies; `day` is the first day after."""
    return [Ended(at, membership, day, DEATH)]
