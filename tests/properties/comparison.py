"""Telling the fund and the naive model the same, and asking both the same."""

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
Thing = TypeVar("Thing")


class Comparison(RuleBasedStateMachine):
    """Both implementations, what they were told, and the members that were spoken of."""

    def __init__(self) -> None:
        super().__init__()
        self.fund = MemoryFund()
        self.events: list[Event] = []
        self.rows: list[Row] = []
        self.now = T0

    def tell(self, events: Iterable[Event], about: Sequence[Row], ask: Any) -> bool:
        """Tell both, who must take or refuse it alike; then ask both about those whom it is about."""
        taken = [self.told(event) for event in events]
        asker, past = ask
        persons = {row.person for row in about} - {None}
        beside = [row for row in self.rows if row.person in persons]
        self.compare([*beside[-4:], *about[-1:]], asker, self.now)
        if self.events:
            self.compare(about[-1:], asker, self.pick(self.events, past).at)
        return all(taken)

    def told(self, event: Event) -> bool:
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
            self.fund.tell(event)
        except (ShikakuError, RowsOverlap) as refused:
            return refused.code
        return None

    def compare(self, rows: Sequence[Row], asker: dict[str, Any], known_at: datetime) -> None:
        """By card and by number, on both sides of each edge of these persons' days, as known at the instant."""
        known, held = replay(self.events, known_at), self.fund.known(known_at)
        said = [
            p
            for periods in known.periods.values()
            for p in periods
            if p["person"] in {r.person for r in rows}
        ]
        for question in questions(rows, edges(rows, said), asker):
            assert self.fund.ask(question, held) == answer(known, question), (question, known_at)

    def pick(self, things: Sequence[Thing], number: int) -> Thing:
        return things[-1 - number % len(things)]

    def tick(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now


def questions(rows: Sequence[Row], on: Iterable[date], asker: dict[str, Any]) -> list[Question]:
    """By card, by number, and by number without a branch."""
    persons = dict.fromkeys(row.person for row in rows if row.person is not None)
    memberships = dict.fromkeys(
        m for row in rows for m in (row.membership, row.membership._replace(branch=None))
    )
    return [
        *(Question(day, **asker, person=person) for day in on for person in persons),
        *(Question(day, **asker, membership=membership) for day in on for membership in memberships),
    ]


def edges(rows: Sequence[Row], said: Iterable[Items]) -> list[date]:
    """Both sides of every day on which something about these persons may change."""
    marks: set[date] = {date(2026, 4, 1)}
    for row in rows:
        marks |= birthdays(row.membership)
    for items in said:
        marks |= {value for value in (items["acquired_on"], items["lost_on"]) if value is not None}
    return sorted({day for mark in marks for day in (mark - DAY, mark)})


def birthdays(membership: Membership) -> set[date]:
    """Days near which an age may matter."""
    near = (date(2026, 4, 1), date(2026, 5, 1), date(2026, 5, 2), date(2027, 3, 1), date(2027, 4, 1))
    birth_date = membership.birth_date
    return {day for day in near if birth_date.year + 75 == day.year or birth_date.year + 70 == day.year} | (
        {date(2026, 4, 1), date(2027, 4, 1)} if birth_date.year == 2020 else set()
    )
