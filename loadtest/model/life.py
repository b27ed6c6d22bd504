"""What happens in a life, told as events: nothing of it is special to the rules."""

from __future__ import annotations

from datetime import date, datetime

from loadtest.model.events import Corrected, Ended, Enrolled, Event, Items, Membership, Row

DEATH, OTHER_INSURANCE = "01", "03"


def born(at: datetime, row: Row) -> list[Event]:
    """A child is insured from its birth on."""
    return [Enrolled(at, row._replace(items={**row.items, "acquired_on": row.membership.birth_date}))]


def moves(at: datetime, later: datetime, here: Membership, there: Row, day: date) -> list[Event]:
    """A member leaves one insurer on the day on which another begins; the first tells of it before the second."""
    arrival = there._replace(items={**there.items, "acquired_on": day})
    return [Ended(at, here, day, OTHER_INSURANCE), Enrolled(later, arrival)]


def marries(at: datetime, membership: Membership, acquired_on: date, name: Items) -> list[Event]:
    """A member takes another name."""
    return [Corrected(at, membership, acquired_on, name)]


def dies(at: datetime, membership: Membership, day: date) -> list[Event]:
    """A member dies; `day` is the first day after."""
    return [Ended(at, membership, day, DEATH)]
