"""The scheduler goes on after failures: it logs their type and retries."""

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
from eligibility_api.platform.telemetry import LIST_CHECKED, MAINTENANCE, METRICS
from eligibility_api.presence.mirror import refresh
from tests.builders.fund import Fund

pytestmark = pytest.mark.anyio

Log = list[Any]


@pytest.fixture
def log() -> Iterator[Log]:
    """The log entries so far."""
    with capture_logs() as entries:
        yield entries


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failed and finished tasks are repeated at once."""
    monkeypatch.setattr(scheduler, "_RETRY_SECONDS", 0.01)
    monkeypatch.setattr(scheduler, "_MAINTENANCE_SECONDS", 0.01)
    monkeypatch.setattr(scheduler, "REFRESHES_PER_MAX_AGE", 10_000)


@asynccontextmanager
async def scheduling(fund: Fund, *, lock_seconds: float = 0.05) -> AsyncIterator[None]:
    """The scheduler running on the fund's database."""
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


def count(log: Log, event: str, **fields: str) -> int:
    return sum({"event": event, **fields}.items() <= entry.items() for entry in log)


@asynccontextmanager
async def locked(fund: Fund, table: str) -> AsyncIterator[None]:
    """A table locked by another session."""
    connection = await asyncpg.connect(fund.database.dsn("owner"))
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


async def test_a_held_lock_is_waited_for_briefly_and_retried(fund: Fund, log: Log) -> None:
    failed = {"code": "database-unavailable", "cause": "ShikakuError"}
    # A partition is missing, and to attach it needs the table.
    [last] = await fund.owner.fetch(
        "SELECT max(c.relname) AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = 'used_nonce'::regclass",
        [],
    )
    await fund.owner.fetch(f"DROP TABLE {last['name']}", [])
    async with AsyncExitStack() as other:
        # Locked before the scheduler starts, which would otherwise have attached the partition by then.
        await other.enter_async_context(locked(fund, "used_nonce"))
        async with scheduling(fund):
            await until(lambda: count(log, "partitions_failed", **failed) > 1)
            await other.aclose()
            log.clear()
            await until(lambda: count(log, "partitions_maintained") > 1)


async def test_counters_that_cannot_be_expired_do_not_stop_the_partitions(fund: Fund, log: Log) -> None:
    async with scheduling(fund), locked(fund, "visual_check_count"):
        await until(lambda: count(log, "counters_failed") > 1)
        assert count(log, "partitions_maintained") > 1


def runs(task: str, outcome: str) -> float:
    return (
        METRICS.get_sample_value("shikaku_maintenance_runs_total", {"task": task, "outcome": outcome}) or 0.0
    )


async def test_every_run_is_counted_by_task_and_outcome(fund: Fund) -> None:
    before = {
        (task, outcome): runs(task, outcome)
        for task in ("counters", "partitions")
        for outcome in ("done", "failed")
    }
    async with scheduling(fund), locked(fund, "visual_check_count"):
        await until(lambda: runs("counters", "failed") > before["counters", "failed"] + 1)
    assert runs("partitions", "done") > before["partitions", "done"]
    assert runs("partitions", "failed") == before["partitions", "failed"]


async def test_a_task_that_has_never_succeeded_is_counted_as_done_no_time(fund: Fund) -> None:
    """Prometheus sees a standstill only of a count that exists."""
    MAINTENANCE.clear()
    async with locked(fund, "visual_check_count"), scheduling(fund):
        await until(lambda: runs("counters", "failed") > 0)
    labels = {"task": "counters", "outcome": "done"}
    assert METRICS.get_sample_value("shikaku_maintenance_runs_total", labels) == 0


async def test_the_metrics_say_when_each_list_was_checked(fund: Fund) -> None:
    LIST_CHECKED.clear()
    began = fund.clock().timestamp()
    authorities = [authority.hex()[:16] for authority in fund.state.verifier.trust.authentication]
    assert authorities

    def checked() -> list[float | None]:
        name = "shikaku_revocation_list_checked_timestamp_seconds"
        return [METRICS.get_sample_value(name, {"authority": authority}) for authority in authorities]

    async with scheduling(fund):
        await until(lambda: None not in checked())
    assert all(began <= instant <= fund.clock().timestamp() for instant in checked() if instant is not None)


async def test_an_unexpected_error_ends_neither_task(
    fund: Fund, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> bool:
        raise RuntimeError("secret-value")

    monkeypatch.setattr(scheduler, "refresh", broken)
    async with scheduling(fund):
        await until(lambda: count(log, "mirror_failed", cause="RuntimeError") > 1)
        monkeypatch.setattr(scheduler, "refresh", refresh)
        await fund.owner.fetch("UPDATE authority SET checked_at = now() - interval '1 day'", [])
        await _until_fresh(fund)
        await until(lambda: count(log, "partitions_maintained") > 0)


async def test_a_list_that_never_arrives_times_out(
    fund: Fund, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def endless(*_: object) -> bool:
        await asyncio.Event().wait()
        return True

    monkeypatch.setattr(scheduler, "refresh", endless)
    monkeypatch.setattr(scheduler, "_TASK_SECONDS", 0.05)
    async with scheduling(fund, lock_seconds=0.01):
        await until(lambda: count(log, "mirror_failed", cause="TimeoutError") > 1)


async def _until_fresh(fund: Fund) -> None:
    stale = "SELECT FROM authority WHERE checked_at < now() - interval '1 hour'"
    async with asyncio.timeout(20):
        while await fund.owner.fetch(stale, []):
            await asyncio.sleep(0.01)
