"""What an insurer reads at its desk: mismatch queue, change feed, figures, who needs a paper. Its own members only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.insurer_ops import (
    ChangeEvent,
    Changes,
    Mismatches,
    MismatchItem,
    PaperCertificateNeed,
    PaperCertificates,
    RegistrationDelay,
    Statistics,
)
from eligibility_api.desk import cursor, store
from eligibility_api.desk.cursor import Place
from eligibility_api.domain.cover import covers
from eligibility_api.domain.dates import JAPAN, day_in_japan
from eligibility_api.eligibility.versions import enrolment_version
from eligibility_api.enrolment.store import admitted_as
from eligibility_api.facilities.caller import Caller
from eligibility_api.state import State

MISMATCHES_A_PAGE = 100
MEMBERS_A_PAGE = 2_000
"""Members of whom one page of papers tells who needs one."""

DELAY_WITHIN = timedelta(days=90)
LOOK_UPS_WITHIN = timedelta(days=30)

_BEGINNING: Place = (cursor.BEGINNING, 0, 0)


@asynccontextmanager
async def _reading(state: State, caller: Caller) -> AsyncIterator[AsyncConnection]:
    """A transaction in which an admitted insurer reads. Raises `right-missing` and `client-closed`."""
    caller.need(Right.ENROLMENT)
    caller.insurer()
    async with state.database.transaction() as connection:
        if await admitted_as(connection, caller.client_id, Right.ENROLMENT) is None:
            raise ShikakuError("client-closed")
        yield connection


async def mismatches(state: State, caller: Caller, after: str | None) -> Mismatches:
    """A page of the mismatch queue, oldest first. Raises `cursor-invalid`."""
    place = cursor.place(after) if after is not None else _BEGINNING
    async with _reading(state, caller) as connection:
        rows = await store.mismatches(connection, caller.insurer(), place, MISMATCHES_A_PAGE + 1)
    page = rows[:MISMATCHES_A_PAGE]
    items = [MismatchItem.model_validate(row, from_attributes=True) for row in page]
    goes_on = len(rows) > MISMATCHES_A_PAGE
    return Mismatches(
        mismatches=items,
        next=cursor.encode((page[-1].since, 0, page[-1].version)) if goes_on else None,
    )


async def changes(state: State, caller: Caller, after: str | None, limit: int) -> Changes:
    """A page of the change feed: what shows already, each event once. Raises `cursor-invalid`."""
    place = cursor.place(after) if after is not None else _BEGINNING
    async with _reading(state, caller) as connection:
        rows = await store.changes(connection, caller.insurer(), place, limit + 1)
    page = rows[:limit]
    last = (page[-1].known_from, page[-1].revision, page[-1].version) if page else None
    return Changes(
        changes=[ChangeEvent.model_validate(row, from_attributes=True) for row in page],
        has_more=len(rows) > limit,
        next=cursor.encode(last) if last is not None else after,
    )


async def figures(state: State, caller: Caller) -> Statistics:
    """How the insurer's registration serves its members: the delay by what was published, look-ups as they were counted."""
    first_day = day_in_japan(state.clock() - LOOK_UPS_WITHIN)
    async with _reading(state, caller) as connection:
        delay = await store.registration_delay(connection, caller.insurer(), DELAY_WITHIN)
        look_ups = await store.look_ups(connection, caller.insurer(), first_day)
    return Statistics(
        registration_delay=RegistrationDelay.model_validate(delay, from_attributes=True), look_ups=look_ups
    )


async def papers(
    state: State, caller: Caller, after: str | None, since_month: str | None
) -> PaperCertificates:
    """Current members without a valid bound certificate, by runs of members. Raises `cursor-invalid`.

    Whom the law has given another insurer (`domain.cover`) gets her paper there.
    """
    place = cursor.number(after) if after is not None else 0
    now = state.clock()
    today = day_in_japan(now)
    since = _first_of(since_month) if since_month is not None else _month_before(today)
    async with _reading(state, caller) as connection:
        run = await store.examined(connection, caller.insurer(), place, MEMBERS_A_PAGE)
        rows = await store.papers(
            connection,
            caller.insurer(),
            after=place,
            upto=run.upto or place,
            now=now,
            today=today,
            since=datetime.combine(since, time(), JAPAN),
            since_day=since,
        )
    current = [row for row in rows if covers(enrolment_version(row._mapping), today)]
    return PaperCertificates(
        since=since,
        members=[PaperCertificateNeed.model_validate(row, from_attributes=True) for row in current],
        next=cursor.encode(run.upto) if run.examined == MEMBERS_A_PAGE else None,
    )


def _first_of(month: str) -> date:
    """The first day of a month (YYYY-MM)."""
    year, number = month.split("-")
    return date(int(year), int(number), 1)


def _month_before(day: date) -> date:
    """The day a month before, the month's last where it has none of that number."""
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=min(day.day, last.day))
