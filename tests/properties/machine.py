"""Lives, lived at random: what may happen to members. After each step the fund and the naive model are compared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from loadtest.model.events import (
    Corrected,
    Ended,
    Enrolled,
    FilePublished,
    FileUndone,
    Items,
    MismatchConfirmed,
    MismatchOpened,
    Row,
    TicketRegistered,
    birth,
    death,
    marriage,
    move,
)
from tests.properties import lives
from tests.properties.comparison import Comparison
from tests.properties.lives import (
    WELFARE,
    askers,
    births,
    branches,
    days,
    flavours,
    insurers,
    numbers,
    periods,
    reasons,
)

people = st.sampled_from([0, 0, 0, 1, 2])
institutions = st.sampled_from([lives.CLINIC, lives.OTHER_CLINIC])
found = st.sampled_from([True, True, True, False])
asker_and_past = st.tuples(askers, numbers)


class Insurance(Comparison):
    """Three persons, the first two of them twins, and everything that happens to their insurance."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[str] = []
        self.births: list[date] = []

    @initialize(twins=births, other=births)
    def people_are(self, twins: date, other: date) -> None:
        self.births = [twins, twins, other]

    @rule(
        who=people,
        insurer=insurers,
        branch=branches,
        period=periods,
        flavour=flavours,
        known=found,
        ask=asker_and_past,
    )
    def enrol(
        self,
        *,
        who: int,
        insurer: str,
        branch: str | None,
        period: Any,
        flavour: Items,
        known: bool,
        ask: Any,
    ) -> None:
        row = self.row(who, insurer, branch, period, flavour, known=known)
        self.rows.append(row)
        self.tell([Enrolled(self.tick(), row)], [row], ask)

    @rule(who=people, insurer=insurers, ask=asker_and_past)
    def be_born(self, who: int, insurer: str, ask: Any) -> None:
        birth_date = self.births[who]
        row = self.row(who, insurer, "02", (birth_date, None), lives.FLAVOURS[3])
        self.rows.append(row)
        self.tell(birth(self.tick(), row), [row], ask)

    @precondition(lambda self: self.rows)
    @rule(pick=numbers, day=days, reason=reasons, ask=asker_and_past)
    def end(self, pick: int, day: date, reason: str, ask: Any) -> None:
        row = self.pick(self.rows, pick)
        self.tell([Ended(self.tick(), row.membership, day, reason)], [row], ask)

    @precondition(lambda self: self.rows)
    @rule(pick=numbers, day=days, ask=asker_and_past)
    def die(self, pick: int, day: date, ask: Any) -> None:
        person = self.pick(self.rows, pick).person
        rows = [row for row in self.rows if row.person == person]
        self.tell([event for row in rows for event in death(self.tick(), row.membership, day)], rows, ask)

    @precondition(lambda self: self.rows)
    @rule(pick=numbers, insurer=insurers, day=days, flavour=flavours, ask=asker_and_past)
    def move_between_insurers(self, pick: int, insurer: str, day: date, flavour: Items, ask: Any) -> None:
        here = self.pick(self.rows, pick)
        there = self.row(self.births.index(here.membership.birth_date), insurer, "00", (day, None), flavour)
        there = there._replace(person=here.person)
        self.rows.append(there)
        self.tell(move(self.tick(), self.tick(), here.membership, there, day), [here, there], ask)

    @precondition(lambda self: self.rows)
    @rule(pick=numbers, ask=asker_and_past)
    def marry(self, pick: int, ask: Any) -> None:
        row = self.pick(self.rows, pick)
        name = {"name": "架空　見本", "name_kana": "カクウ　ミホン", "name_alias": "試験　見本"}
        self.tell(marriage(self.tick(), row.membership, row.items["acquired_on"], name), [row], ask)

    @precondition(lambda self: self.rows)
    @rule(pick=numbers, flavour=flavours, ask=asker_and_past)
    def correct(self, pick: int, flavour: Items, ask: Any) -> None:
        self.corrected(pick, {**lives.ABSENT, **flavour}, ask)

    @precondition(lambda self: self.rows)
    @rule(pick=numbers, period=periods, ask=asker_and_past)
    def retroact(self, pick: int, period: Any, ask: Any) -> None:
        acquired_on, lost_on = period
        reason = "99" if lost_on else None
        self.corrected(pick, {"acquired_on": acquired_on, "lost_on": lost_on, "reason_of_loss": reason}, ask)

    @precondition(lambda self: self.rows)
    @rule(
        pick=numbers,
        flag=st.sampled_from(["nondisclosure", "self_disclosure_blocked"]),
        to=st.booleans(),
        ask=asker_and_past,
    )
    def flag(self, pick: int, flag: str, to: bool, ask: Any) -> None:
        self.corrected(pick, {flag: to}, ask)

    @precondition(lambda self: self.rows)
    @rule(pick=numbers, confirm=st.booleans(), known=st.booleans(), ask=asker_and_past)
    def mismatch(self, pick: int, confirm: bool, known: bool, ask: Any) -> None:
        row = self.pick(self.rows, pick)
        place = (self.tick(), row.membership, row.items["acquired_on"])
        event = (
            MismatchConfirmed(*place, row.person if known else None) if confirm else MismatchOpened(*place)
        )
        self.tell([event], [row], ask)

    @rule(
        who=people,
        period=periods,
        tickets=st.lists(st.tuples(institutions, days, days), max_size=2),
        ask=asker_and_past,
    )
    def receive_medical_aid(self, who: int, period: Any, tickets: Any, ask: Any) -> None:
        row = self.row(who, WELFARE, "00", period, lives.FLAVOURS[0])
        self.rows.append(row)
        registered = [
            TicketRegistered(self.tick(), row.membership, lives.ticket(*ticket)) for ticket in tickets
        ]
        self.tell([*registered, Enrolled(self.tick(), row)], [row], ask)

    @precondition(lambda self: self.rows)
    @rule(pick=numbers, period=periods, ask=asker_and_past)
    def come_back(self, pick: int, period: Any, ask: Any) -> None:
        before = self.pick(self.rows, pick)
        acquired_on, lost_on = period
        reason = "99" if lost_on else None
        items = {**before.items, "acquired_on": acquired_on, "lost_on": lost_on, "reason_of_loss": reason}
        row = before._replace(items=items)
        self.rows.append(row)
        self.tell([Enrolled(self.tick(), row)], [row], ask)

    @rule(
        new=st.lists(st.tuples(people, insurers, branches, periods, flavours), max_size=2),
        again=st.sampled_from([[0], [1], [0, 1], [2], []]),
        ask=asker_and_past,
    )
    def publish_a_file(self, new: Sequence[Any], again: Sequence[int], ask: Any) -> None:
        rows = [self.row(*values) for values in new]
        said = [self.pick(self.rows, pick) for pick in again if self.rows]
        rows += [row for n, row in enumerate(said) if row not in said[:n]]
        self.rows += rows[: len(new)]
        name = str(len(self.files))
        if self.tell([FilePublished(self.tick(), name, rows)], rows, ask):
            self.files.append(name)

    @precondition(lambda self: self.files)
    @rule(pick=numbers, ask=asker_and_past)
    def undo_a_file(self, pick: int, ask: Any) -> None:
        self.tell([FileUndone(self.tick(), self.pick(self.files, pick))], self.rows, ask)

    def corrected(self, pick: int, items: Items, ask: Any) -> None:
        row = self.pick(self.rows, pick)
        event = Corrected(self.tick(), row.membership, row.items["acquired_on"], items)
        self.rows.append(row._replace(items={**row.items, **items}))
        self.tell([event], [row], ask)

    def row(
        self, who: int, insurer: str, branch: str | None, period: Any, flavour: Items, *, known: bool = True
    ) -> Row:
        membership = lives.membership(insurer, branch, self.births[who], spelling=len(self.rows))
        person = f"person {who}" if known else None
        return Row(membership, person, lives.items(insurer, f"見本　{who}", period, flavour))
