"""Batch checks as a facility sees them: hand one in, ask how far it is, fetch what is answered.

The answers themselves are the worker's (`answering.py`).
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.batches import store
from eligibility_api.clients.caller import Caller
from eligibility_api.clients.store import is_admitted
from eligibility_api.contract.batches import BatchAnswer, BatchRequest, BatchState
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.dates import JAPAN, day_in_japan
from eligibility_api.domain.eligibility import check_day
from eligibility_api.platform.settings import Settings
from eligibility_api.state import State


@dataclass(frozen=True, slots=True)
class Page:
    """Results in row order, one JSON object each, and after which row to go on; None behind the last."""

    results: list[str]
    after: int | None


async def accept(state: State, caller: Caller, request: BatchRequest) -> BatchAnswer:
    """Take a batch in. Raises `as-of-out-of-range`, `batch-limit`."""
    now = state.clock()
    as_of = request.as_of or day_in_japan(now)
    check_day(as_of, day_in_japan(now))
    # Writing ten thousand rows takes a while, for which nobody else shall wait.
    asked = await asyncio.to_thread(_texts, request)
    async with state.database.transaction() as connection:
        institution_code = await _admitted(connection, caller)
        await store.lock_facility(connection, institution_code)
        load = await store.load_of(connection, institution_code, _start_of_day(now))
        _check_limits(state.settings, load, len(asked), now)
        batch = await store.add(connection, caller.client_id, institution_code, as_of, asked)
    return _answer(batch)


async def find(state: State, caller: Caller, batch_id: UUID) -> BatchAnswer:
    """How far a batch of the caller's facility is. Raises `not-found`."""
    async with state.database.transaction() as connection:
        return _answer(await _own(connection, caller, batch_id))


async def results(state: State, caller: Caller, batch_id: UUID, *, after: int, limit: int) -> Page:
    """Results behind row `after`, as far as rows are answered. Raises `not-found`."""
    async with state.database.transaction() as connection:
        batch = await _own(connection, caller, batch_id)
        rows = await store.results(connection, caller.client_id, batch, after, limit)
    last = rows[-1].row if rows else after
    return Page([row.result for row in rows], last if last < batch.rows else None)


async def _admitted(connection: AsyncConnection, caller: Caller) -> str:
    """The caller's institution. Raises `right-missing`, and `client-closed` where its token outlived its admission."""
    caller.need(Right.ELIGIBILITY)
    institution_code = caller.institution()
    if not await is_admitted(connection, caller.client_id):
        raise ShikakuError("client-closed")
    return institution_code


async def _own(connection: AsyncConnection, caller: Caller, batch_id: UUID) -> Row[Any]:
    batch = await store.find(connection, batch_id, await _admitted(connection, caller))
    if batch is None:
        raise ShikakuError("not-found")
    return batch


def _texts(request: BatchRequest) -> list[str]:
    return [row.model_dump_json(exclude_defaults=True) for row in request.rows]


def _start_of_day(now: datetime) -> datetime:
    return datetime.combine(day_in_japan(now), time(), JAPAN)


def _check_limits(settings: Settings, load: store.Load, rows: int, now: datetime) -> None:
    """One batch at a time, and so many rows a day. Raises `batch-limit` with the seconds until there is room."""
    if load.open_rows:
        seconds = math.ceil(load.open_rows / settings.batch_rows_per_second)
        raise ShikakuError("batch-limit", retry_after=seconds)
    if load.rows + rows > settings.batch_rows_per_day:
        midnight = _start_of_day(now) + timedelta(days=1)
        raise ShikakuError("batch-limit", retry_after=math.ceil((midnight - now).total_seconds()))


def _answer(batch: Row[Any]) -> BatchAnswer:
    return BatchAnswer(
        batch_id=str(batch.batch_id),
        state=_state(batch.answered, batch.rows),
        as_of=batch.as_of,
        accepted_at=batch.accepted_at,
        rows=batch.rows,
        answered=batch.answered,
        kept_until=batch.kept_until,
    )


def _state(answered: int, rows: int) -> BatchState:
    if answered == rows:
        return BatchState.DONE
    return BatchState.PROCESSING if answered else BatchState.ACCEPTED
