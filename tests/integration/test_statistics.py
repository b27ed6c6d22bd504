"""The load laboratory's monitor of the fund's database, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from loadtest.database.dsn import DatabaseUnreachable, external_dsn, operator_dsn
from loadtest.database.monitor import DatabaseMonitor
from loadtest.database.statistics import read_statistics
from tests.builders.database import Database

pytestmark = pytest.mark.anyio


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A working session."""
    working = await asyncpg.connect(database.dsn("owner"))
    await working.execute("CREATE TABLE IF NOT EXISTS things (n int PRIMARY KEY) PARTITION BY RANGE (n)")
    await working.execute(
        "CREATE TABLE IF NOT EXISTS things_few PARTITION OF things FOR VALUES FROM (0) TO (9999)"
    )
    yield working
    await working.close()


async def until(reached: Callable[[], bool]) -> None:
    """Wait until another task has reached it."""
    async with asyncio.timeout(30):
        while not reached():
            await asyncio.sleep(0.01)


async def test_activity_during_monitoring_is_counted(
    database: Database, connection: asyncpg.Connection
) -> None:
    async with DatabaseMonitor(lambda: database.dsn("owner")) as monitor:
        await connection.execute("INSERT INTO things SELECT generate_series(1, 1000)")
        await connection.execute("SELECT pg_stat_force_next_flush()")
        await connection.execute("SELECT 1")
    delta = monitor.delta
    assert delta is not None
    assert not delta.counters_reset
    assert delta.rows["tables"]["things"]["inserted"] == 1000
    assert delta.rows["tables"]["things"]["table_bytes_grown"] > 0
    assert delta.rows["database"][""]["tup_inserted"] >= 1000
    assert delta.rows["wal"][""]["wal_bytes"] > 0
    assert any("client backend" in key for key in delta.rows["io"])
    assert delta.bytes_stored > 0


async def test_a_session_is_sampled_with_its_wait_event(
    database: Database, connection: asyncpg.Connection
) -> None:
    async with DatabaseMonitor(lambda: database.dsn("owner")) as monitor:
        sleeping = asyncio.create_task(connection.execute("SELECT pg_sleep(60)"))
        await until(lambda: ("active", "Timeout / PgSleep") in monitor.waits.sessions)
        sleeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleeping
    assert monitor.waits.means()["active"]["Timeout / PgSleep"] > 0


async def test_only_the_owner_reads_sessions_of_other_roles(database: Database) -> None:
    delta = {}
    for role in ("owner", "api"):
        connection = await asyncpg.connect(database.dsn(role))
        delta[role] = (await read_statistics(connection)).sees_all
        await connection.close()
    assert delta == {"owner": True, "api": False}


async def test_monitoring_resumes_when_the_database_comes_back(database: Database) -> None:
    gone = asyncio.Event()

    def dsn() -> str:
        if gone.is_set():
            raise DatabaseUnreachable("gone")
        return database.dsn("owner")

    async with DatabaseMonitor(dsn) as monitor:
        await until(lambda: monitor.waits.count > 0)
        gone.set()
        killer = await asyncpg.connect(database.dsn("owner"))
        await killer.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'loadtest monitor'"
        )
        await killer.close()
        await until(lambda: monitor.failed_samples > 0)
        gone.clear()
        samples = monitor.waits.count
        await until(lambda: monitor.waits.count > samples)
    assert monitor.delta is not None


async def test_an_unreachable_database_is_tolerated() -> None:
    def dsn() -> str:
        return operator_dsn({})

    async with DatabaseMonitor(dsn) as monitor:
        await until(lambda: monitor.failed_samples > 0)
    assert (monitor.delta, monitor.waits.count) == (None, 0)


def test_an_external_database_is_read_as_its_owner_if_configured() -> None:
    assert external_dsn({"DATABASE_URL": "postgresql://shikaku_api@db/x"}) == "postgresql://shikaku_api@db/x"
    both = {
        "DATABASE_URL": "postgresql://shikaku_api@db/x",
        "FUND_DATABASE_OWNER_URL": "postgresql://shikaku_owner@db/x",
    }
    assert operator_dsn(both) == "postgresql://shikaku_owner@db/x"
    assert external_dsn({"FUND_HOME": "var/fund"}) is None
