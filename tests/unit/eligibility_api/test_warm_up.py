"""A worker plans its busiest statements meanwhile: it serves before that is done, and without it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import asyncpg
import pytest
from structlog.testing import capture_logs

from eligibility_api.app import busiest_statements, warmed_up
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.state import State

pytestmark = pytest.mark.anyio


class FakeDatabase:
    """A database that plans until it is cancelled, or fails."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.planned: Sequence[str] = ()
        self.cancelled = False

    async def warm_up(self, statements: Sequence[str]) -> None:
        self.planned = statements
        if self.failure is not None:
            raise self.failure
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise


@asynccontextmanager
async def opened(database: FakeDatabase) -> AsyncIterator[State]:
    yield cast(State, SimpleNamespace(database=cast(Any, database)))


async def test_a_worker_serves_while_it_plans_and_stops_without_waiting_for_it() -> None:
    database = FakeDatabase()
    async with asyncio.timeout(5), warmed_up(opened(database)):
        await asyncio.sleep(0)
        assert database.planned == [statement.text for statement in busiest_statements().values()]
    assert database.cancelled


@pytest.mark.parametrize(
    ("failure", "cause"),
    [
        (ShikakuError("database-unavailable"), "ShikakuError"),
        (asyncpg.UndefinedTableError("not migrated yet"), "UndefinedTableError"),
    ],
    ids=["unreachable", "not migrated"],
)
async def test_a_worker_serves_and_stops_in_order_if_it_cannot_plan(failure: Exception, cause: str) -> None:
    with capture_logs() as logged:
        async with warmed_up(opened(FakeDatabase(failure))):
            await asyncio.sleep(0)
    assert logged == [{"event": "not_warmed_up", "cause": cause, "log_level": "warning"}]
