"""Audit records are partitioned by class and month, and dropped by the rule of `audit_retention`; the log stays whole."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from eligibility_api.audit_log import log_store
from eligibility_api.audit_log.kinds import KINDS, RetentionClass
from eligibility_api.domain.record_retention import YEARS
from eligibility_api.merkle_log.hashing import leaf_hash
from eligibility_api.merkle_log.proofs import verify_inclusion
from tests.builders.audit_log import append, sequence
from tests.builders.fund import Fund

pytestmark = pytest.mark.anyio

PARTITIONS = """
SELECT c.relname::text AS name, pg_get_expr(c.relpartbound, c.oid) AS bounds
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = $1::text::regclass ORDER BY 1
"""

MONTH = "date_trunc('month', now(), 'UTC') - make_interval(months => $1)"


@pytest.fixture
async def owner(fund: Fund) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(fund.database.dsn("owner"), server_settings={"timezone": "UTC"})
    yield connection
    await connection.close()


async def maintain(fund: Fund, zone: str = "UTC") -> int:
    jobs = await asyncpg.connect(fund.database.dsn("jobs"), server_settings={"timezone": zone})
    try:
        return int(await jobs.fetchval("SELECT maintain_audit_record()"))
    finally:
        await jobs.close()


async def partitions(owner: asyncpg.Connection, class_of: RetentionClass) -> dict[str, str]:
    return dict(await owner.fetch(PARTITIONS, f"audit_record_{class_of}"))


async def old_record(
    owner: asyncpg.Connection, class_of: RetentionClass, months_ago: int
) -> tuple[str, UUID]:
    """A partition of an earlier month, with one record; returns its name and the record's id."""
    kind = next(kind for kind, entry in KINDS.items() if entry.retention is class_of)
    name = await owner.fetchval(
        f"SELECT 'audit_record_{class_of}_' || to_char({MONTH}, 'YYYYMM')", months_ago
    )
    [bounds] = await owner.fetch(
        f"SELECT first_record_id({MONTH})::text AS lower, first_record_id({MONTH} + interval '1 month')::text AS upper",
        months_ago,
    )
    await owner.execute(
        f"CREATE TABLE {name} PARTITION OF audit_record_{class_of} FOR VALUES FROM ('{bounds['lower']}') TO ('{bounds['upper']}');"
        f"SELECT audit_protect('{name}')"
    )
    record_id: UUID = await owner.fetchval(
        "INSERT INTO audit_record (record_id, recorded_at, kind, outcome)"
        f" SELECT first_record_id(at), at, $2, 'done' FROM (SELECT {MONTH} + interval '1 day' AS at) m RETURNING record_id",
        months_ago,
        kind,
    )
    return str(name), record_id


async def exists(owner: asyncpg.Connection, name: str) -> bool:
    return bool(await owner.fetchval("SELECT to_regclass($1) IS NOT NULL", name))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_record_is_kept_in_the_partition_of_its_kinds_class(
    owner: asyncpg.Connection, kind: str
) -> None:
    record_id = await append(owner, kind)
    name = await owner.fetchval(
        "SELECT tableoid::regclass::text FROM audit_record WHERE record_id = $1", record_id
    )
    month = await owner.fetchval("SELECT to_char(now(), 'YYYYMM')")
    assert name == f"audit_record_{KINDS[kind].retention}_{month}"


@pytest.mark.parametrize("class_of", RetentionClass)
async def test_partitions_of_three_months_ahead_exist_with_the_same_bounds_in_any_time_zone(
    fund: Fund, owner: asyncpg.Connection, class_of: RetentionClass
) -> None:
    await maintain(fund)
    before = await partitions(owner, class_of)
    last = max(before)
    assert last == await owner.fetchval(
        f"SELECT 'audit_record_{class_of}_' || to_char(date_trunc('month', now()) + interval '3 months', 'YYYYMM')"
    )
    await owner.execute(f"DROP TABLE {last}")
    assert await maintain(fund, "Asia/Kolkata") == 1
    assert await partitions(owner, class_of) == before
    assert await maintain(fund) == 0


async def test_the_years_of_each_class(owner: asyncpg.Connection) -> None:
    years = dict(await owner.fetch("SELECT retention_class, years FROM audit_retention"))
    assert years == {"eligibility": 10, "medical": 5} == dict(YEARS)
    assert years.keys() == set(RetentionClass)


async def test_no_partition_is_dropped_before_the_log_is_complete(
    fund: Fund, owner: asyncpg.Connection
) -> None:
    name, _ = await old_record(owner, RetentionClass.MEDICAL, 5 * 12 + 9)
    position = await owner.fetchrow("SELECT * FROM audit_log_position")
    assert position is not None
    for unfinished in ("snapshot = NULL, cluster = NULL", "scanned_to = record_id FROM audit_leaf"):
        await sequence(fund)
        await owner.execute(f"UPDATE audit_log_position SET {unfinished}")
        await maintain(fund)
        assert await exists(owner, name), unfinished
    await sequence(fund)
    await maintain(fund)
    assert not await exists(owner, name)


@pytest.mark.parametrize(
    ("class_of", "years"), [(RetentionClass.ELIGIBILITY, 10), (RetentionClass.MEDICAL, 5)]
)
async def test_a_partition_is_dropped_when_its_years_are_over_and_its_leaves_stay(
    fund: Fund, owner: asyncpg.Connection, class_of: RetentionClass, years: int
) -> None:
    kept, _ = await old_record(owner, class_of, years * 12)
    dropped, record_id = await old_record(owner, class_of, years * 12 + 1)
    await sequence(fund)
    assert await maintain(fund) == 1
    assert await exists(owner, kept)
    assert not await exists(owner, dropped)
    assert await owner.fetchval("SELECT count(*) FROM audit_record WHERE record_id = $1", record_id) == 0
    [record] = await owner.fetch(
        "SELECT detail FROM audit_record WHERE kind = 'record.dropped' ORDER BY record_id DESC LIMIT 1"
    )
    month = f"{dropped[-6:-2]}-{dropped[-2:]}"
    assert json.loads(record["detail"]) == {"class": class_of, "month": month}
    await append(owner)
    await sequence(fund)
    async with fund.state.database.transaction() as connection:
        proof: Any = await log_store.proof_of(connection, record_id)
    verify_inclusion(
        proof.leaf.leaf_index,
        proof.checkpoint.tree_size,
        leaf_hash(proof.leaf.commitment),
        proof.hashes,
        proof.checkpoint.root,
    )
    await owner.execute(f"DROP TABLE {kept}")


async def test_a_reader_delays_the_drop_only(fund: Fund, owner: asyncpg.Connection) -> None:
    name, _ = await old_record(owner, RetentionClass.MEDICAL, 5 * 12 + 2)
    await sequence(fund)
    last = max(await partitions(owner, RetentionClass.MEDICAL))
    await owner.execute(f"DROP TABLE {last}")
    reader = await asyncpg.connect(fund.database.dsn("auditor"))
    try:
        async with reader.transaction():
            await reader.fetch("SELECT record_id FROM audit_record LIMIT 1")
            assert await maintain(fund) == 1
            assert await exists(owner, name)
            assert await exists(owner, last)
    finally:
        await reader.close()
    assert await maintain(fund) == 1
    assert not await exists(owner, name)


async def test_the_api_still_appends_and_reads_its_own_while_partitions_change(
    fund: Fund, owner: asyncpg.Connection
) -> None:
    person = await fund.insured()
    for months in (5 * 12 + 3, 5 * 12 + 4):
        await old_record(owner, RetentionClass.MEDICAL, months)
        await sequence(fund)
        assert await maintain(fund) == 1
        assert (await fund.tap(person.card)).status_code == 200
