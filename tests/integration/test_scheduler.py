"""The keeper goes on, whatever fails: it is told by type, and tried again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from eligibility_api import scheduler
from eligibility_api.database.connections import Database
from eligibility_api.presence.mirror import refresh
from tests.builders.fund import Fund

pytestmark = pytest.mark.anyio

AccessLog = list[Any]


@pytest.fixture
def journal() -> Iterator[AccessLog]:
    """What is told, as it is told."""
    with capture_logs() as entries:
        yield entries


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is tried again at once, and what was done is done again at once."""
    monkeypatch.setattr(scheduler, "_RETRY_SECONDS", 0.01)
    monkeypatch.setattr(scheduler, "_MAINTENANCE_SECONDS", 0.01)
    monkeypatch.setattr(scheduler, "REFRESHES_PER_MAX_AGE", 10_000)


@asynccontextmanager
async def keeping(fund: Fund, *, lock_seconds: float = 0.05) -> AsyncIterator[None]:
    """The keeper at work on the fund's database."""
    database = Database(fund.database.dsn("jobs"), lock_seconds=lock_seconds)
    work = scheduler.run_maintenance(
        fund.state.settings, fund.state.keys, database, fund.clock, transport=fund.jlis_connection.transport()
    )
    task = asyncio.ensure_future(work)
    try:
        yield
        assert not task.done()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


def count(journal: AccessLog, event: str, **fields: str) -> int:
    return sum({"event": event, **fields}.items() <= entry.items() for entry in journal)


@asynccontextmanager
async def locked(fund: Fund, table: str) -> AsyncIterator[None]:
    """A table that somebody else holds."""
    connection = await asyncpg.connect(fund.database.dsn("owner"))
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


async def test_a_lock_that_somebody_holds_is_waited_for_shortly_and_again(
    fund: Fund, journal: AccessLog
) -> None:
    failed = {"code": "database-unavailable", "cause": "ShikakuError"}
    # A partition is missing, and to attach it needs the table.
    [last] = await fund.owner.fetch(
        "SELECT max(c.relname) AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = 'used_nonce'::regclass",
        [],
    )
    await fund.owner.fetch(f"DROP TABLE {last['name']}", [])
    async with AsyncExitStack() as somebody:
        # Held before the keeper comes, which would else have attached the partition by then.
        await somebody.enter_async_context(locked(fund, "used_nonce"))
        async with keeping(fund):
            await until(lambda: count(journal, "partitions_failed", **failed) > 1)
            await somebody.aclose()
            journal.clear()
            await until(lambda: count(journal, "partitions_maintained") > 1)


async def test_what_cannot_be_forgotten_does_not_keep_the_partitions_from_being_kept(
    fund: Fund, journal: AccessLog
) -> None:
    async with keeping(fund), locked(fund, "visual_check_count"):
        await until(lambda: count(journal, "counters_failed") > 1)
        assert count(journal, "partitions_maintained") > 1


async def test_a_fault_that_nobody_foresaw_ends_neither_task(
    fund: Fund, journal: AccessLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> bool:
        raise RuntimeError("secret-value")

    monkeypatch.setattr(scheduler, "refresh", broken)
    async with keeping(fund):
        await until(lambda: count(journal, "mirror_failed", cause="RuntimeError") > 1)
        monkeypatch.setattr(scheduler, "refresh", refresh)
        await fund.owner.fetch("UPDATE authority SET checked_at = now() - interval '1 day'", [])
        await _until_fresh(fund)
        assert count(journal, "partitions_maintained") > 0


async def test_a_list_that_never_comes_is_given_up(
    fund: Fund, journal: AccessLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def endless(*_: object) -> bool:
        await asyncio.Event().wait()
        return True

    monkeypatch.setattr(scheduler, "refresh", endless)
    monkeypatch.setattr(scheduler, "_TASK_SECONDS", 0.05)
    async with keeping(fund, lock_seconds=0.01):
        await until(lambda: count(journal, "mirror_failed", cause="TimeoutError") > 1)


async def _until_fresh(fund: Fund) -> None:
    stale = "SELECT FROM authority WHERE checked_at < now() - interval '1 hour'"
    async with asyncio.timeout(20):
        while await fund.owner.fetch(stale, []):
            await asyncio.sleep(0.01)
