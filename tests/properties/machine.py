"""Random lives of members. After each step the fund and the reference model are compared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from loadtest.model import events
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
)
from tests.properties import lives
from tests.properties.comparison import Comparison
from tests.properties.lives import (
    WELFARE,
    births,
    branches,
    callers,
    days,
    insurers,
    numbers,
    periods,
    reasons,
    variants,
)

person_numbers = st.sampled_from([0, 0, 0, 1, 2])
institutions = st.sampled_from([lives.CLINIC, lives.OTHER_CLINIC])
linked = st.sampled_from([True, True, True, False])
callers_and_past = st.tuples(callers, numbers)


class Insurance(Comparison):
    """Three persons, the first two of them twins, and the events of their insurance."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[str] = []
        self.births: list[date] = []

    @initialize(twins=births, other=births)
    def set_birth_dates(self, twins: date, other: date) -> None:
        self.births = [twins, twins, other]

    @rule(
        who=person_numbers,
        insurer=insurers,
        branch=branches,
        period=periods,
        variant=variants,
        known=linked,
        context=callers_and_past,
    )
    def enrol(
        self,
        *,
        who: int,
        insurer: str,
        branch: str | None,
        period: Any,
        variant: Items,
        known: bool,
        context: Any,
    ) -> None:
        row = self.row(who, insurer, branch, period, variant, known=known)
        self.rows.append(row)
        self.apply([Enrolled(self.tick(), row)], [row], context)

    @rule(who=person_numbers, insurer=insurers, context=callers_and_past)
    def add_newborn(self, who: int, insurer: str, context: Any) -> None:
        birth_date = self.births[who]
        row = self.row(who, insurer, "02", (birth_date, None), lives.VARIANTS[3])
        self.rows.append(row)
        self.apply(events.birth(self.tick(), row), [row], context)

    @precondition(lambda self: self.rows)
    @rule(pick=numbers, day=days, reason=reasons, context=callers_and_past)
    def end(self, pick: int, day: date, reason: str, context: Any) -> None:
        row = self.pick(self.rows, pick)
        self.apply([Ended(self.tick(), row.membership, day, reason)], [row], context)

    @precondition(lambda self: self.rows)
    @rule(pick=numbers, day=days, context=callers_and_past)
    def record_death(self, pick: int, day: date, context: Any) -> None:
        person = self.pick(self.rows, pick).person
        rows = [row for row in self.rows if row.person == person]
        self.apply(
            [event for row in rows for event in events.death(self.tick(), row.membership, day)], rows, context
        )

    @precondition(lambda self: self.rows)
    @rule(pick=numbers, insurer=insurers, day=days, variant=variants, context=callers_and_past)
    def move_between_insurers(self, pick: int, insurer: str, day: date, variant: Items, context: Any) -> None:
        here = self.pick(self.rows, pick)
        there = self.row(self.births.index(here.membership.birth_date), insurer, "00", (day, None), variant)
        there = there._replace(person=here.person)
        self.rows.append(there)
        self.apply(events.move(self.tick(), self.tick(), here.membership, there, day), [here, there], context)

    @precondition(lambda self: self.rows)
    @rule(pick=numbers, context=callers_and_past)
    def change_name(self, pick: int, context: Any) -> None:
        row = self.pick(self.rows, pick)
        name = {"name": "架空　見本", "name_kana": "カクウ　ミホン", "name_alias": "試験　見本"}
        self.apply(
            events.marriage(self.tick(), row.membership, row.items["acquired_on"], name), [row], context
        )

    @precondition(lambda self: self.rows)
    @rule(pick=numbers, variant=variants, context=callers_and_past)
    def correct(self, pick: int, variant: Items, context: Any) -> None:
        self.corrected(pick, {**lives.ABSENT, **variant}, context)

    @precondition(lambda self: self.rows)
    @rule(pick=numbers, period=periods, context=callers_and_past)
    def correct_period(self, pick: int, period: Any, context: Any) -> None:
        acquired_on, lost_on = period
        reason = "99" if lost_on else None
        self.corrected(
            pick, {"acquired_on": acquired_on, "lost_on": lost_on, "reason_of_loss": reason}, context
        )

    @precondition(lambda self: self.rows)
    @rule(
        pick=numbers,
        flag=st.sampled_from(["nondisclosure", "self_disclosure_blocked"]),
        to=st.booleans(),
        context=callers_and_past,
    )
    def flag(self, pick: int, flag: str, to: bool, context: Any) -> None:
        self.corrected(pick, {flag: to}, context)

    @precondition(lambda self: self.rows)
    @rule(pick=numbers, confirm=st.booleans(), known=st.booleans(), context=callers_and_past)
    def mismatch(self, pick: int, confirm: bool, known: bool, context: Any) -> None:
        row = self.pick(self.rows, pick)
        place = (self.tick(), row.membership, row.items["acquired_on"])
        event = (
            MismatchConfirmed(*place, row.person if known else None) if confirm else MismatchOpened(*place)
        )
        self.apply([event], [row], context)

    @rule(
        who=person_numbers,
        period=periods,
        tickets=st.lists(st.tuples(institutions, days, days), max_size=2),
        context=callers_and_past,
    )
    def receive_medical_aid(self, who: int, period: Any, tickets: Any, context: Any) -> None:
        row = self.row(who, WELFARE, "00", period, lives.VARIANTS[0])
        self.rows.append(row)
        registered = [
            TicketRegistered(self.tick(), row.membership, lives.ticket(*ticket)) for ticket in tickets
        ]
        self.apply([*registered, Enrolled(self.tick(), row)], [row], context)

    @precondition(lambda self: self.rows)
    @rule(pick=numbers, period=periods, context=callers_and_past)
    def re_enrol(self, pick: int, period: Any, context: Any) -> None:
        before = self.pick(self.rows, pick)
        acquired_on, lost_on = period
        reason = "99" if lost_on else None
        items = {**before.items, "acquired_on": acquired_on, "lost_on": lost_on, "reason_of_loss": reason}
        row = before._replace(items=items)
        self.rows.append(row)
        self.apply([Enrolled(self.tick(), row)], [row], context)

    @rule(
        new=st.lists(st.tuples(person_numbers, insurers, branches, periods, variants), max_size=2),
        again=st.sampled_from([[0], [1], [0, 1], [2], []]),
        context=callers_and_past,
    )
    def publish_a_file(self, new: Sequence[Any], again: Sequence[int], context: Any) -> None:
        rows = [self.row(*values) for values in new]
        repeated = [self.pick(self.rows, pick) for pick in again if self.rows]
        rows += [row for n, row in enumerate(repeated) if row not in repeated[:n]]
        self.rows += rows[: len(new)]
        name = str(len(self.files))
        if self.apply([FilePublished(self.tick(), name, rows)], rows, context):
            self.files.append(name)

    @precondition(lambda self: self.files)
    @rule(pick=numbers, context=callers_and_past)
    def undo_a_file(self, pick: int, context: Any) -> None:
        self.apply([FileUndone(self.tick(), self.pick(self.files, pick))], self.rows, context)

    def corrected(self, pick: int, items: Items, context: Any) -> None:
        row = self.pick(self.rows, pick)
        event = Corrected(self.tick(), row.membership, row.items["acquired_on"], items)
        self.rows.append(row._replace(items={**row.items, **items}))
        self.apply([event], [row], context)

    def row(
        self, who: int, insurer: str, branch: str | None, period: Any, variant: Items, *, known: bool = True
    ) -> Row:
        membership = lives.membership(insurer, branch, self.births[who], spelling=len(self.rows))
        person = f"person {who}" if known else None
        return Row(membership, person, lives.items(insurer, f"見本　{who}", period, variant))
