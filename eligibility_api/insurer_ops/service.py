"""Reads of an insurer's own members: mismatch queue, change feed, statistics."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Row
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
    MonthlyDelay,
    RegistrationDelay,
    Statistics,
)
from eligibility_api.domain.dates import JAPAN, day_in_japan, months_before
from eligibility_api.enrolment.store import admitted_insurer_name, record
from eligibility_api.insurer_ops import store
from eligibility_api.state import State
from eligibility_api.web import cursor
from eligibility_api.web.cursor import Position

MISMATCHES_PER_PAGE = 100
DELAY_WITHIN = timedelta(days=90)
DELAY_MONTHS = 6
LOOK_UPS_WITHIN = timedelta(days=30)

_BEGINNING: Position = (cursor.BEGINNING, 0, 0)


@asynccontextmanager
async def open_admitted(state: State, caller: Caller) -> AsyncIterator[AsyncConnection]:
    """Open a transaction for an admitted insurer. Raises `right-missing` and `client-closed`."""
    caller.require(Right.ENROLMENT)
    caller.insurer()
    async with state.database.transaction() as connection:
        if await admitted_insurer_name(connection, caller.client_id, Right.ENROLMENT) is None:
            raise ShikakuError("client-closed")
        yield connection


async def record_read(
    connection: AsyncConnection, caller: Caller, kind: str, shown: Mapping[str, Any], *, members: int
) -> None:
    """Append the record of a page that an insurer's staff read. A page that shows no member leaves none."""
    if members:
        values = {"client_id": caller.client_id, "insurer_number": caller.insurer()}
        detail = {"members": members, **shown}
        await record(connection, {"kind": kind, "outcome": "done", **values, "detail": detail})


async def mismatches(state: State, caller: Caller, after: str | None) -> Mismatches:
    """Return a page of the mismatch queue, oldest first. Raises `cursor-invalid`."""
    position = cursor.decode_position(after) if after is not None else _BEGINNING
    async with open_admitted(state, caller) as connection:
        rows = await store.mismatches(connection, caller.insurer(), position, MISMATCHES_PER_PAGE + 1)
        claimed = await store.claimed_elsewhere(connection, caller.insurer(), MISMATCHES_PER_PAGE)
        page = rows[:MISMATCHES_PER_PAGE]
        shown = [row.enrolment_id for row in (*page, *claimed)]
        await record_read(connection, caller, "mismatches.read", {"enrolment_ids": shown}, members=len(shown))
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
    async with open_admitted(state, caller) as connection:
        rows = await store.changes(connection, caller.insurer(), position, limit + 1)
        page = rows[:limit]
        shown = {"first": page[0].version, "last": page[-1].version} if page else {}
        await record_read(connection, caller, "changes.read", shown, members=len(page))
    last = (page[-1].known_from, page[-1].revision, page[-1].version) if page else None
    return Changes(
        changes=[ChangeEvent.model_validate(row, from_attributes=True) for row in page],
        has_more=len(rows) > limit,
        next=cursor.encode(last) if last is not None else after,
    )


async def statistics(state: State, caller: Caller) -> Statistics:
    """Return the insurer's statistics: registration delay of published enrolments, and counted look-ups."""
    now = state.clock()
    this_month = day_in_japan(now).replace(day=1)
    months = [months_before(this_month, number) for number in range(DELAY_MONTHS)][::-1]
    async with open_admitted(state, caller) as connection:
        delays = await store.registration_delay(
            connection, caller.insurer(), DELAY_WITHIN, datetime.combine(months[0], time(), JAPAN)
        )
        look_ups = await store.look_ups(connection, caller.insurer(), day_in_japan(now - LOOK_UPS_WITHIN))
    return Statistics(
        registration_delay=_delay(delays.get(None)),
        delay_by_month=[
            MonthlyDelay(month=f"{month:%Y-%m}", **_delay(delays.get(f"{month:%Y-%m}")).model_dump())
            for month in months
        ],
        look_ups=look_ups,
    )


def _delay(row: Row[Any] | None) -> RegistrationDelay:
    if row is None:
        return RegistrationDelay(enrolments=0, median_hours=None, p95_hours=None)
    return RegistrationDelay.model_validate(row, from_attributes=True)
