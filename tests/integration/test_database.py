"""Both by_either_way to the database tell the same of it: what nobody could decide, and what is full."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database import connections as database_module
from eligibility_api.database import pool
from eligibility_api.database.connections import ENGINE_CONNECTIONS, Database
from tests.builders.database import Database as EmptyDatabase

pytestmark = pytest.mark.anyio

Way = Callable[[Database, str], Coroutine[Any, Any, object]]


async def by_driver(database: Database, statement: str) -> object:
    return await database.fetch(statement, [])


async def by_sqlalchemy(database: Database, statement: str) -> object:
    async with database.transaction() as connection:
        return await connection.execute(text(statement))


by_either_way = pytest.mark.parametrize("way", [by_driver, by_sqlalchemy])


@asynccontextmanager
async def opened(dsn: str, **options: Any) -> AsyncIterator[Database]:
    database = Database(dsn, pool_connections=ENGINE_CONNECTIONS, **options)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def error_code(way: Way, database: Database, statement: str = "SELECT 1") -> str:
    with pytest.raises(ShikakuError) as error:
        await way(database, statement)
    return error.value.code


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (pool, database_module):
        monkeypatch.setattr(module, "ACQUIRE_SECONDS", 0.1)


@by_either_way
async def test_a_statement_timeout_is_a_technical_failure(database: EmptyDatabase, way: Way) -> None:
    async with opened(database.dsn("api"), statement_seconds=0.05) as short_waits:
        assert await error_code(way, short_waits, "SELECT pg_sleep(60)") == "database-unavailable"


@by_either_way
async def test_a_lock_timeout_is_a_technical_failure(database: EmptyDatabase, way: Way) -> None:
    holder = await asyncpg.connect(database.dsn("owner"))
    async with opened(database.dsn("api"), lock_seconds=0.05) as waiting, holder.transaction():
        await holder.execute("SELECT pg_advisory_xact_lock(1)")
        code = await error_code(way, waiting, "SELECT pg_advisory_xact_lock(1)")
    await holder.close()
    assert code == "database-unavailable"


@by_either_way
async def test_a_terminated_connection_is_replaced(database: EmptyDatabase, way: Way) -> None:
    async with opened(database.dsn("api")) as cut:
        assert (
            await error_code(way, cut, "SELECT pg_terminate_backend(pg_backend_pid())")
            == "database-unavailable"
        )
        assert await way(cut, "SELECT 1")


@by_either_way
async def test_a_silent_server_is_a_technical_failure_and_no_overload(
    tmp_path_factory: pytest.TempPathFactory, short_waits: None, way: Way
) -> None:
    directory: Path = tmp_path_factory.mktemp("silent")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(directory / ".s.PGSQL.5432"))
        server.listen()
        async with opened(f"postgresql://api:none@/none?host={directory}") as silent:
            code = await error_code(way, silent)
    assert code == "database-unavailable"


@by_either_way
async def test_a_pool_whose_connections_are_all_in_use_is_overload(
    database: EmptyDatabase, short_waits: None, way: Way
) -> None:
    async with opened(database.dsn("api")) as full:
        held = [asyncio.create_task(way(full, "SELECT pg_sleep(60)")) for _ in range(ENGINE_CONNECTIONS)]
        await asyncio.sleep(0)
        code = await error_code(way, full)
        for task in held:
            task.cancel()
        await asyncio.wait(held)
    assert code == "overloaded"


@by_either_way
async def test_an_invalid_statement_is_an_internal_error(database: EmptyDatabase, way: Way) -> None:
    async with opened(database.dsn("api")) as good:
        with pytest.raises(Exception, match="does not exist") as fault:
            await way(good, "SELECT * FROM nothing")
    assert not isinstance(fault.value, ShikakuError)
