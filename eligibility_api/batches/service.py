"""A facility's calls about batch checks: submit one, query its progress, fetch results.

The rows are answered by the job (`job.py`).
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
    """Results in row order, one JSON object each, and the last row, if more rows follow."""

    results: list[str]
    after: int | None


async def accept(state: State, caller: Caller, request: BatchRequest) -> BatchAnswer:
    """Accept a batch. Raises `as-of-out-of-range`, `batch-limit`."""
    now = state.clock()
    as_of = request.as_of or day_in_japan(now)
    check_day(as_of, day_in_japan(now))
    # In a thread: serialising 10,000 rows would block other requests.
    rows = await asyncio.to_thread(_serialise, request)
    async with state.database.transaction() as connection:
        institution_code = await _admitted(connection, caller)
        await store.lock_facility(connection, institution_code)
        load = await store.load_of(connection, institution_code, _start_of_day(now))
        _check_limits(state.settings, load, len(rows), now)
        batch = await store.add(connection, caller.client_id, institution_code, as_of, rows)
    return _answer(batch)


async def find(state: State, caller: Caller, batch_id: UUID) -> BatchAnswer:
    """The progress of a batch of the caller's facility. Raises `not-found`."""
    async with state.database.transaction() as connection:
        return _answer(await _own(connection, caller, batch_id))


async def results(state: State, caller: Caller, batch_id: UUID, *, after: int, limit: int) -> Page:
    """Results after row `after`, as far as rows are answered. Raises `not-found`."""
    async with state.database.transaction() as connection:
        batch = await _own(connection, caller, batch_id)
        rows = await store.results(connection, caller.client_id, batch, after, limit)
    last = rows[-1].row if rows else after
    return Page([row.result for row in rows], last if last < batch.rows else None)


async def _admitted(connection: AsyncConnection, caller: Caller) -> str:
    """The caller's institution.

    Raises `right-missing`, and `client-closed` if its token outlived its admission.
    """
    caller.require(Right.ELIGIBILITY)
    institution_code = caller.institution()
    if not await is_admitted(connection, caller.client_id):
        raise ShikakuError("client-closed")
    return institution_code


async def _own(connection: AsyncConnection, caller: Caller, batch_id: UUID) -> Row[Any]:
    batch = await store.find(connection, batch_id, await _admitted(connection, caller))
    if batch is None:
        raise ShikakuError("not-found")
    return batch


def _serialise(request: BatchRequest) -> list[str]:
    return [row.model_dump_json(exclude_defaults=True) for row in request.rows]


def _start_of_day(now: datetime) -> datetime:
    return datetime.combine(day_in_japan(now), time(), JAPAN)


def _check_limits(settings: Settings, load: store.Load, rows: int, now: datetime) -> None:
    """One batch at a time, and a limited number of rows per day.

    Raises `batch-limit` with the seconds to wait.
    """
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
