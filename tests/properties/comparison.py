"""Apply the same events to the fund and the reference model, and compare their answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from hypothesis.stateful import RuleBasedStateMachine

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.timeline import RowsOverlap
from loadtest.model.answer import Question, answer
from loadtest.model.events import Event, Items, Membership, Row
from loadtest.model.replay import EventRejected, replay
from tests.properties.fund import MemoryFund
from tests.properties.lives import DAY

T0 = datetime(2026, 1, 1, tzinfo=UTC)
T = TypeVar("T")


class Comparison(RuleBasedStateMachine):
    """Both implementations, the events applied to them, and the members that occurred."""

    def __init__(self) -> None:
        super().__init__()
        self.fund = MemoryFund()
        self.events: list[Event] = []
        self.rows: list[Row] = []
        self.now = T0

    def apply(self, events: Iterable[Event], about: Sequence[Row], context: Any) -> bool:
        """Apply events to both, which must accept or reject them alike; then compare answers about the members."""
        accepted = [self.applied(event) for event in events]
        caller, past = context
        persons = {row.person for row in about} - {None}
        related = [row for row in self.rows if row.person in persons]
        self.compare([*related[-4:], *about[-1:]], caller, self.now)
        if self.events:
            self.compare(about[-1:], caller, self.pick(self.events, past).at)
        return all(accepted)

    def applied(self, event: Event) -> bool:
        refusal = self.refusal_of_the_model(event)
        assert self.refusal_of_the_fund(event) == refusal, event
        if refusal is None:
            self.events.append(event)
        return refusal is None

    def refusal_of_the_model(self, event: Event) -> str | None:
        try:
            replay([*self.events, event], event.at)
        except EventRejected as refused:
            return refused.code
        return None

    def refusal_of_the_fund(self, event: Event) -> str | None:
        try:
            self.fund.apply(event)
        except (ShikakuError, RowsOverlap) as refused:
            return refused.code
        return None

    def compare(self, rows: Sequence[Row], caller: dict[str, Any], known_at: datetime) -> None:
        """Compare answers by card and number, on both sides of each of these persons' dates, as known at the instant."""
        known, stored = replay(self.events, known_at), self.fund.known(known_at)
        periods_known = [
            p
            for periods in known.periods.values()
            for p in periods
            if p["person"] in {r.person for r in rows}
        ]
        for question in questions(rows, edges(rows, periods_known), caller):
            assert self.fund.answer(question, stored) == answer(known, question), (question, known_at)

    def pick(self, items: Sequence[T], number: int) -> T:
        return items[-1 - number % len(items)]

    def tick(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now


def questions(rows: Sequence[Row], on: Iterable[date], caller: dict[str, Any]) -> list[Question]:
    """By card, by number, and by number without a branch."""
    persons = dict.fromkeys(row.person for row in rows if row.person is not None)
    memberships = dict.fromkeys(
        m for row in rows for m in (row.membership, row.membership._replace(branch=None))
    )
    return [
        *(Question(day, **caller, person=person) for day in on for person in persons),
        *(Question(day, **caller, membership=membership) for day in on for membership in memberships),
    ]


def edges(rows: Sequence[Row], periods_known: Iterable[Items]) -> list[date]:
    """Both sides of every day on which an answer about these persons may change."""
    marks: set[date] = {date(2026, 4, 1)}
    for row in rows:
        marks |= birthdays(row.membership)
    for items in periods_known:
        marks |= {value for value in (items["acquired_on"], items["lost_on"]) if value is not None}
    return sorted({day for mark in marks for day in (mark - DAY, mark)})


def birthdays(membership: Membership) -> set[date]:
    """Days near which an age may matter."""
    near = (date(2026, 4, 1), date(2026, 5, 1), date(2026, 5, 2), date(2027, 3, 1), date(2027, 4, 1))
    birth_date = membership.birth_date
    days = {day for mark in near for day in (mark, mark + DAY)}
    return {day for day in days if birth_date.year + 75 == day.year or birth_date.year + 70 == day.year} | (
        {date(2026, 4, 1), date(2027, 4, 1)} if birth_date.year == 2020 else set()
    )
