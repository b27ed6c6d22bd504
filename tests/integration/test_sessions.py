"""The sessions of every role and kind have the settings that guard plans, and limits of time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import get_args

import asyncpg
import pytest
from sqlalchemy import text

from eligibility_api.app import busiest_statements
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.connections import JOBS_APPLICATION_NAME, Database
from eligibility_api.database.plans import SESSION_SETTINGS, WHOLE_FILE_SECONDS, join_as_written, whole_file
from eligibility_api.embedded_postgres.cluster import Role
from eligibility_api.jobs import STATEMENT_SECONDS
from tests.builders.fund import Fund

pytestmark = pytest.mark.anyio

SETTINGS = "SELECT name, setting FROM pg_settings WHERE name = ANY (CAST({names} AS text[]))"
GUARD = SESSION_SETTINGS | {"join_collapse_limit": "8", "enable_material": "on"}
TEXTS = [statement.text for statement in busiest_statements().values()]
TIMEOUTS = {"statement_timeout": "5000", "lock_timeout": "2000"}
RELAXED = {
    "plan_cache_mode": "auto",
    "enable_seqscan": "on",
    "enable_hashjoin": "on",
    "enable_mergejoin": "on",
}


@asynccontextmanager
async def opened(fund: Fund, role: Role, **options: object) -> AsyncIterator[Database]:
    database = Database(fund.database.dsn(role), engine_connections=1, **options)  # type: ignore[arg-type]
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def of_engine(connection: object, expected: dict[str, str]) -> dict[str, str]:
    rows = await connection.execute(text(SETTINGS.format(names=":names")), {"names": list(expected)})  # type: ignore[attr-defined]
    return {row.name: row.setting for row in rows}


@pytest.mark.parametrize("role", get_args(Role))
async def test_every_session_finds_rows_by_keys_and_has_time_limits(fund: Fund, role: Role) -> None:
    expected = GUARD | TIMEOUTS
    async with opened(fund, role) as database:
        of_pool = await database.fetch(SETTINGS.format(names="$1"), [list(expected)])
        async with database.transaction() as connection:
            assert await of_engine(connection, expected) == expected
    assert {row["name"]: row["setting"] for row in of_pool} == expected


async def test_a_jobs_statement_ends_after_half_a_minute_unless_it_reads_a_whole_file(fund: Fund) -> None:
    options = {"statement_seconds": STATEMENT_SECONDS, "application_name": JOBS_APPLICATION_NAME}
    usual = GUARD | {"statement_timeout": f"{STATEMENT_SECONDS * 1000:.0f}"}
    long = GUARD | RELAXED | {"statement_timeout": f"{WHOLE_FILE_SECONDS * 1000:.0f}"}
    async with opened(fund, "jobs", **options) as database:
        async with database.transaction() as connection:
            async with whole_file(connection):
                assert await of_engine(connection, long) == long
            assert await of_engine(connection, usual) == usual
        async with database.transaction() as connection:
            assert await of_engine(connection, usual) == usual


async def test_after_an_error_over_a_whole_file_the_connection_is_guarded_again(fund: Fund) -> None:
    async with opened(fund, "jobs") as database:
        with pytest.raises(ZeroDivisionError):
            async with database.transaction() as connection, whole_file(connection):
                raise ZeroDivisionError
        async with database.transaction() as connection:
            assert await of_engine(connection, GUARD) == GUARD


async def test_joins_are_written_for_one_transaction(fund: Fund) -> None:
    written = GUARD | {"join_collapse_limit": "1", "enable_material": "off"}
    async with opened(fund, "jobs") as database:
        async with database.transaction() as connection:
            await join_as_written(connection)
            assert await of_engine(connection, written) == written
        async with database.transaction() as connection:
            assert await of_engine(connection, GUARD) == GUARD


async def test_a_job_does_not_wait_for_a_lock_longer_than_its_limit(fund: Fund) -> None:
    holder = await asyncpg.connect(fund.database.dsn("owner"))
    try:
        async with holder.transaction(), opened(fund, "jobs", lock_seconds=0.05) as database:
            await holder.execute("LOCK TABLE lookup_count IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(Exception, match="database-unavailable"):
                async with database.step() as connection:
                    await connection.execute(text("DELETE FROM lookup_count WHERE day < '2001-01-01'"))
    finally:
        await holder.close()


async def test_warmed_up_every_connection_has_its_plans_and_nothing_was_executed(fund: Fund) -> None:
    planned = "SELECT count(*) AS plans FROM pg_prepared_statements WHERE generic_plans > 0 AND statement = ANY ($1)"
    records = "SELECT count(*) AS records FROM audit_record"
    [before] = await fund.owner.fetch(records, [])
    async with opened(fund, "api", pool_connections=3) as database:
        await database.warm_up(TEXTS)
        # Each takes a connection before the first one releases its own.
        sessions = await asyncio.gather(*(database.fetch(planned, [TEXTS]) for _ in range(3)))
        await database.warm_up(TEXTS)  # nothing is left to do
    [after] = await fund.owner.fetch(records, [])
    assert [row["plans"] for [row] in sessions] == [len(TEXTS)] * 3
    assert after == before


async def test_a_database_that_cannot_be_reached_is_reported_as_unavailable(fund: Fund) -> None:
    database = Database("postgresql://shikaku_api@/nowhere?host=/nowhere")
    await database.open()
    with pytest.raises(ShikakuError, match="database-unavailable"):
        await database.warm_up(TEXTS)
    await database.close()
