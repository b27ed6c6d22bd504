"""Promise: on a first day, after a bulk load, in a new partition, no job reads more than it needs, or stops requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from eligibility_api.batches.store import MAX_DELETED_BATCHES, MAX_DELETED_ROWS
from eligibility_api.database.connections import JOBS_APPLICATION_NAME, Database
from eligibility_api.database.pacing import Pacer
from eligibility_api.embedded_postgres.cluster import Role
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from eligibility_api.insurer_ops.lookup_counts import MAX_RECORDS, count_look_ups
from eligibility_api.scheduler import _EXPIRED, _delete_expired_batches, _delete_expired_counters
from tests.builders.database import Database as OneDatabase
from tests.builders.database import create_database
from tests.builders.grown import grow, stop_autovacuum

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def connected(database: OneDatabase, role: Role = "jobs", **options: object) -> AsyncIterator[Database]:
    """A program's connections under a role."""
    opened = Database(database.dsn(role), pool_connections=1, engine_connections=1, **options)  # type: ignore[arg-type]
    await opened.open()
    try:
        yield opened
    finally:
        await opened.close()


async def rows_read(database: OneDatabase, table: str) -> dict[str, int]:
    """The rows of a table, or of its partitions, that were read so far: by sequential scans, and by indexes."""
    session = await asyncpg.connect(database.dsn("owner"))
    try:
        row = await session.fetchrow(
            "SELECT sum(seq_tup_read)::bigint AS scanned, coalesce(sum(idx_tup_fetch), 0)::bigint AS by_key"
            " FROM pg_stat_user_tables WHERE relid IN (SELECT relid FROM pg_partition_tree($1::text::regclass))"
            " OR relname = $1",
            table,
        )
        return dict(row)
    finally:
        await session.close()


async def execute(database: OneDatabase, statement: str, role: Role = "owner") -> None:
    session = await asyncpg.connect(database.dsn(role))
    try:
        await session.execute(statement)
    finally:
        await session.close()


@pytest.fixture
async def first_day(postgres: EmbeddedPostgres, migrated: OneDatabase) -> OneDatabase:
    """A database on its first day: migrated, empty, never analyzed."""
    database = await create_database(postgres, migrated)
    await stop_autovacuum(database)
    return database


@pytest.fixture(scope="module")
async def loaded(postgres: EmbeddedPostgres, migrated: OneDatabase) -> OneDatabase:
    """A database whose tables have grown and were never analyzed: the template of `first_evening`."""
    database = await create_database(postgres, migrated)
    await stop_autovacuum(database)
    await grow(database)
    return database


@pytest.fixture
async def first_evening(postgres: EmbeddedPostgres, loaded: OneDatabase) -> OneDatabase:
    """A database at the end of its first day: its tables have grown and were never analyzed."""
    return await create_database(postgres, loaded)


async def test_a_connection_that_knew_empty_tables_counts_each_record_once_when_they_have_grown(
    first_day: OneDatabase,
) -> None:
    async with connected(first_day) as database:
        # The plans of functions live as long as a connection, and become generic after five executions.
        for _ in range(6):
            assert not await count_look_ups(database, commit_delay=timedelta())
        await grow(first_day)
        before = await rows_read(first_day, "audit_record")
        assert await count_look_ups(database, commit_delay=timedelta())
    after = await rows_read(first_day, "audit_record")
    assert after["scanned"] == before["scanned"]
    assert MAX_RECORDS <= after["by_key"] - before["by_key"] <= MAX_RECORDS + 2


async def test_foreign_keys_that_were_first_checked_in_empty_tables_are_checked_by_key_later(
    first_day: OneDatabase,
) -> None:
    """The plan of a foreign key's check lives as long as a connection too. Known to be empty, a table is scanned."""
    await execute(first_day, "VACUUM ANALYZE")
    new = text("""
        INSERT INTO medical_ticket (entitlement, opened_by, ticket_type, month, institution_code, treatment,
                                    single_or_combined, valid_from, valid_to)
        VALUES (:entitlement, 9001, '1', '2026-04-01', 'y', :treatment, '1', '2026-04-01', '2026-04-30')
    """)
    async with connected(first_day, "api") as database:
        for n in range(6):
            with pytest.raises(IntegrityError):
                async with database.transaction() as connection:
                    await connection.execute(new, {"entitlement": 1, "treatment": str(n)})
        await grow(first_day)
        await execute(
            first_day,
            "INSERT INTO revision (revision, insurer_number, client_id) OVERRIDING SYSTEM VALUE"
            " SELECT 9001, insurer_number, client_id FROM revision LIMIT 1",
        )
        before = await rows_read(first_day, "entitlement")
        async with database.transaction() as connection:
            await connection.execute(new, {"entitlement": 9_999, "treatment": "later"})
    after = await rows_read(first_day, "entitlement")
    assert after["scanned"] == before["scanned"]
    assert 1 <= after["by_key"] - before["by_key"] <= 2


async def test_expired_counters_are_found_by_key_and_deleted_in_bounded_steps(
    first_evening: OneDatabase,
) -> None:
    before = await rows_read(first_evening, "lookup_count")
    steps: list[float] = []

    async def rest(seconds: float) -> None:
        steps.append(seconds)

    async with connected(first_evening, pacer=Pacer(sleep=rest)) as database:
        await _delete_expired_counters(database)
        first = len(steps)
        await _delete_expired_counters(database)
    after = await rows_read(first_evening, "lookup_count")
    # 5,000 rows of 1,000 days each; nothing that has not expired is read.
    assert after["scanned"] == before["scanned"]
    assert after["by_key"] - before["by_key"] <= 5_000
    assert first > len(steps) - first == len(_EXPIRED)


async def test_expired_batches_are_deleted_by_a_bounded_number_of_rows(first_evening: OneDatabase) -> None:
    await execute(first_evening, "UPDATE batch_check SET rows = 1000, answered = 1000")
    deleted: list[int] = []
    session = await asyncpg.connect(first_evening.dsn("owner"))

    async def rest(_: float) -> None:
        deleted.append(await session.fetchval("SELECT 2000 - count(*) FROM batch_check"))

    try:
        async with connected(first_evening, pacer=Pacer(sleep=rest)) as database:
            await _delete_expired_batches(database)
        assert await session.fetchval("SELECT count(*) FROM batch_row") == 0
    finally:
        await session.close()
    per_step = [now - former for former, now in zip([0, *deleted], deleted, strict=False)]
    assert per_step == [MAX_DELETED_ROWS // 1000] * (2000 * 1000 // MAX_DELETED_ROWS) + [0]
    assert per_step[0] <= MAX_DELETED_BATCHES


async def test_a_batch_larger_than_a_step_is_deleted_alone(first_evening: OneDatabase) -> None:
    await execute(
        first_evening,
        f"UPDATE batch_check SET rows = {MAX_DELETED_ROWS + 1}, answered = 0, kept_until = now() +"
        " CASE WHEN institution_code = '0000000001' THEN '-1 day'::interval ELSE '1 day' END",
    )
    session = await asyncpg.connect(first_evening.dsn("owner"))
    expired = await session.fetchval("SELECT count(*) FROM batch_check WHERE kept_until < now()")
    async with connected(first_evening) as database:
        await _delete_expired_batches(database)
    assert await session.fetchval("SELECT count(*) FROM batch_check") == 2000 - expired
    assert expired > 1
    await session.close()


@pytest.mark.parametrize(
    ("role", "name", "counted"),
    [
        ("api", "eligibility-api", 1),
        ("api", JOBS_APPLICATION_NAME, 0),
        ("jobs", "eligibility-api", 0),
        ("auditor", "eligibility-api", 0),
    ],
    ids=["a request", "a batch's look-up", "a job", "an auditor"],
)
async def test_a_job_sees_how_many_requests_are_running(
    database: OneDatabase, role: Role, name: str, counted: int
) -> None:
    busy = await asyncpg.connect(database.dsn(role), server_settings={"application_name": name})
    try:
        async with connected(database) as jobs:
            idle = await jobs.fetch("SELECT running_requests() AS running", ())
            waiting = asyncio.create_task(busy.execute("SELECT pg_sleep(60)"))
            async with asyncio.timeout(30):
                while not await jobs.fetch(_SLEEPING, (name,)) and counted:
                    await asyncio.sleep(0)
            [row] = await jobs.fetch("SELECT running_requests() AS running", ())
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        assert (idle[0]["running"], row["running"]) == (0, counted)
    finally:
        await busy.close()


_SLEEPING = "SELECT FROM running_requests() n WHERE n > 0 AND $1::text IS NOT NULL"


async def test_a_step_rests_as_long_as_it_took_for_each_running_request(database: OneDatabase) -> None:
    now, rests = 100.0, []

    async def rest(seconds: float) -> None:
        rests.append(seconds)

    busy = await asyncpg.connect(database.dsn("api"), server_settings={"application_name": "eligibility-api"})
    try:
        async with connected(database, pacer=Pacer(now=lambda: now, sleep=rest)) as jobs:
            async with jobs.step():
                now += 0.25
            waiting = asyncio.create_task(busy.execute("SELECT pg_sleep(60)"))
            async with asyncio.timeout(30):
                while not await jobs.fetch(_SLEEPING, ("",)):
                    await asyncio.sleep(0)
            async with jobs.step():
                now += 0.25
            async with jobs.step(min_rest=0.5):
                now += 0.25
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        assert rests == [0.0, 0.25, 0.375]
    finally:
        await busy.close()


async def test_a_failed_step_is_rolled_back_and_does_not_rest(database: OneDatabase) -> None:
    rests: list[float] = []

    async def rest(seconds: float) -> None:
        rests.append(seconds)

    async with connected(database, pacer=Pacer(sleep=rest)) as jobs:
        with pytest.raises(ZeroDivisionError):
            async with jobs.step():
                raise ZeroDivisionError
    assert rests == []


@pytest.mark.parametrize("role", ["auditor", "api"])
async def test_only_jobs_learn_how_busy_the_fund_is(database: OneDatabase, role: Role) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await execute(database, "SELECT running_requests()", role)
