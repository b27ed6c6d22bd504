"""The laboratory's eye on the fund's database, on a real PostgreSQL."""

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
    """A session of somebody who works in the database."""
    working = await asyncpg.connect(database.dsn("owner"))
    await working.execute("CREATE TABLE IF NOT EXISTS things (n int PRIMARY KEY) PARTITION BY RANGE (n)")
    await working.execute(
        "CREATE TABLE IF NOT EXISTS things_few PARTITION OF things FOR VALUES FROM (0) TO (9999)"
    )
    yield working
    await working.close()


async def until(reached: Callable[[], bool]) -> None:
    """Waits for what another task does."""
    async with asyncio.timeout(30):
        while not reached():
            await asyncio.sleep(0.01)


async def test_what_is_done_while_it_is_watched_is_counted(
    database: Database, connection: asyncpg.Connection
) -> None:
    async with DatabaseMonitor(lambda: database.dsn("owner")) as watch:
        await connection.execute("INSERT INTO things SELECT generate_series(1, 1000)")
        await connection.execute("SELECT pg_stat_force_next_flush()")
        await connection.execute("SELECT 1")
    seen = watch.delta
    assert seen is not None
    assert not seen.counters_reset
    assert seen.rows["tables"]["things"]["inserted"] == 1000
    assert seen.rows["tables"]["things"]["table_bytes_grown"] > 0
    assert seen.rows["database"][""]["tup_inserted"] >= 1000
    assert seen.rows["wal"][""]["wal_bytes"] > 0
    assert any("client backend" in key for key in seen.rows["io"])
    assert seen.bytes_stored > 0


async def test_a_session_is_seen_with_what_it_waits_for(
    database: Database, connection: asyncpg.Connection
) -> None:
    async with DatabaseMonitor(lambda: database.dsn("owner")) as watch:
        sleeping = asyncio.create_task(connection.execute("SELECT pg_sleep(60)"))
        await until(lambda: ("active", "Timeout / PgSleep") in watch.waits.sessions)
        sleeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleeping
    assert watch.waits.means()["active"]["Timeout / PgSleep"] > 0


async def test_sessions_of_other_roles_are_seen_by_the_owner_alone(database: Database) -> None:
    seen = {}
    for role in ("owner", "api"):
        connection = await asyncpg.connect(database.dsn(role))
        seen[role] = (await read_statistics(connection)).sees_all
        await connection.close()
    assert seen == {"owner": True, "api": False}


async def test_a_database_that_goes_and_comes_back_is_watched_again(database: Database) -> None:
    gone = asyncio.Event()

    def way() -> str:
        if gone.is_set():
            raise DatabaseUnreachable("gone")
        return database.dsn("owner")

    async with DatabaseMonitor(way) as watch:
        await until(lambda: watch.waits.count > 0)
        gone.set()
        killer = await asyncpg.connect(database.dsn("owner"))
        await killer.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'loadtest monitor'"
        )
        await killer.close()
        await until(lambda: watch.failed_samples > 0)
        gone.clear()
        looks = watch.waits.count
        await until(lambda: watch.waits.count > looks)
    assert watch.delta is not None


async def test_a_database_that_cannot_be_reached_disturbs_nothing() -> None:
    def way() -> str:
        return operator_dsn({})

    async with DatabaseMonitor(way) as watch:
        await until(lambda: watch.failed_samples > 0)
    assert (watch.delta, watch.waits.count) == (None, 0)


def test_an_outside_database_is_asked_as_its_owner_where_that_is_told() -> None:
    assert external_dsn({"DATABASE_URL": "postgresql://shikaku_api@db/x"}) == "postgresql://shikaku_api@db/x"
    both = {
        "DATABASE_URL": "postgresql://shikaku_api@db/x",
        "FUND_DATABASE_OWNER_URL": "postgresql://shikaku_owner@db/x",
    }
    assert operator_dsn(both) == "postgresql://shikaku_owner@db/x"
    assert external_dsn({"FUND_HOME": "var/fund"}) is None
