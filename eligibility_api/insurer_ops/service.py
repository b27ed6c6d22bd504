"""Reads of an insurer's own members: mismatch queue, change feed, statistics, paper certificates."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.insurer_ops import (
    ChangeEvent,
    Changes,
    ClaimedMember,
    Mismatches,
    MismatchItem,
    PaperCertificateNeed,
    PaperCertificates,
    RegistrationDelay,
    Statistics,
)
from eligibility_api.domain.cover import covers
from eligibility_api.domain.dates import JAPAN, day_in_japan
from eligibility_api.eligibility.versions import enrolment_version
from eligibility_api.enrolment.store import admitted_insurer_name
from eligibility_api.insurer_ops import store
from eligibility_api.state import State
from eligibility_api.web import cursor
from eligibility_api.web.cursor import Position

MISMATCHES_PER_PAGE = 100
MEMBERS_PER_PAGE = 2_000
"""Members that one page of paper certificates covers."""

DELAY_WITHIN = timedelta(days=90)
LOOK_UPS_WITHIN = timedelta(days=30)

_BEGINNING: Position = (cursor.BEGINNING, 0, 0)


@asynccontextmanager
async def _open_admitted(state: State, caller: Caller) -> AsyncIterator[AsyncConnection]:
    """Open a transaction for an admitted insurer. Raises `right-missing` and `client-closed`."""
    caller.require(Right.ENROLMENT)
    caller.insurer()
    async with state.database.transaction() as connection:
        if await admitted_insurer_name(connection, caller.client_id, Right.ENROLMENT) is None:
            raise ShikakuError("client-closed")
        yield connection


async def mismatches(state: State, caller: Caller, after: str | None) -> Mismatches:
    """Return a page of the mismatch queue, oldest first. Raises `cursor-invalid`."""
    position = cursor.decode_position(after) if after is not None else _BEGINNING
    async with _open_admitted(state, caller) as connection:
        rows = await store.mismatches(connection, caller.insurer(), position, MISMATCHES_PER_PAGE + 1)
        claimed = await store.claimed_elsewhere(connection, caller.insurer(), MISMATCHES_PER_PAGE)
    page = rows[:MISMATCHES_PER_PAGE]
    items = [MismatchItem.model_validate(row, from_attributes=True) for row in page]
    has_more = len(rows) > MISMATCHES_PER_PAGE
    return Mismatches(
        mismatches=items,
        next=cursor.encode((page[-1].since, 0, page[-1].version)) if has_more else None,
        claimed_elsewhere=[ClaimedMember.model_validate(row, from_attributes=True) for row in claimed],
    )


async def changes(state: State, caller: Caller, after: str | None, limit: int) -> Changes:
    """Return a page of the change feed: visible changes, each event once. Raises `cursor-invalid`."""
    position = cursor.decode_position(after) if after is not None else _BEGINNING
    async with _open_admitted(state, caller) as connection:
        rows = await store.changes(connection, caller.insurer(), position, limit + 1)
    page = rows[:limit]
    last = (page[-1].known_from, page[-1].revision, page[-1].version) if page else None
    return Changes(
        changes=[ChangeEvent.model_validate(row, from_attributes=True) for row in page],
        has_more=len(rows) > limit,
        next=cursor.encode(last) if last is not None else after,
    )


async def statistics(state: State, caller: Caller) -> Statistics:
    """Return the insurer's statistics: registration delay of published enrolments, and counted look-ups."""
    first_day = day_in_japan(state.clock() - LOOK_UPS_WITHIN)
    async with _open_admitted(state, caller) as connection:
        delay = await store.registration_delay(connection, caller.insurer(), DELAY_WITHIN)
        look_ups = await store.look_ups(connection, caller.insurer(), first_day)
    return Statistics(
        registration_delay=RegistrationDelay.model_validate(delay, from_attributes=True), look_ups=look_ups
    )


async def paper_certificates(
    state: State, caller: Caller, after: str | None, since_month: str | None
) -> PaperCertificates:
    """Return current members without a valid bound certificate, by pages of members. Raises `cursor-invalid`.

    A member whom the law has moved to another insurer (`domain.cover`) gets the paper certificate there.
    """
    position = cursor.decode_number(after) if after is not None else 0
    now = state.clock()
    today = day_in_japan(now)
    since = _first_of(since_month) if since_month is not None else _month_before(today)
    async with _open_admitted(state, caller) as connection:
        page = await store.next_members(connection, caller.insurer(), position, MEMBERS_PER_PAGE)
        rows = await store.paper_certificates(
            connection,
            caller.insurer(),
            after=position,
            upto=page.upto or position,
            now=now,
            today=today,
            since=datetime.combine(since, time(), JAPAN),
            since_day=since,
        )
    current = [row for row in rows if covers(enrolment_version(row._mapping), today)]
    return PaperCertificates(
        since=since,
        members=[PaperCertificateNeed.model_validate(row, from_attributes=True) for row in current],
        next=cursor.encode(page.upto) if page.members == MEMBERS_PER_PAGE else None,
    )


def _first_of(month: str) -> date:
    """Return the first day of a month (YYYY-MM)."""
    year, number = month.split("-")
    return date(int(year), int(number), 1)


def _month_before(day: date) -> date:
    """Return the day one month before, or that month's last day."""
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=min(day.day, last.day))
