"""What happens to members, as events in the order of their instants. Items are named as on the wire (`MemberItems`).

Values are plain: days as `date`, codes as their text, groups of items as dicts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

Items = Mapping[str, Any]


class Membership(NamedTuple):
    """A membership as it is written."""

    insurer_number: str
    symbol: str | None
    number: str
    branch: str | None
    birth_date: date


class Row(NamedTuple):
    """What an insurer says of one period of a member, and whose it is held to be (None: nobody's).

    `unconfirmed`: the register, asked again, no longer comes to this person; that waits for the insurer.
    """

    membership: Membership
    person: str | None
    items: Items
    unconfirmed: bool = False


@dataclass(frozen=True)
class Event:
    """Something that the fund came to know at an instant (aware)."""

    at: datetime


@dataclass(frozen=True)
class Enrolled(Event):
    """A member, for a period: acquired, born, or moved here from another insurer."""

    row: Row


@dataclass(frozen=True)
class Ended(Event):
    """The period that runs on `lost_on` ends before it."""

    membership: Membership
    lost_on: date
    reason_of_loss: str


@dataclass(frozen=True)
class Corrected(Event):
    """The period that began on `acquired_on` has these items from now on: a correction, a flag, another name."""

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
    """The insurer confirmed whose the period is; `person` is None where the register knows nobody."""

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
    """An insurer's file shows."""

    name: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class FileUndone(Event):
    """The file of that name is taken back."""

    name: str
