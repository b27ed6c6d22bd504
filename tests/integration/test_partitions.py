"""Used nonces are partitioned by the hour of their expiry; a partition is dropped when its nonces have expired."""

from __future__ import annotations

import asyncpg
import pytest

from tests.builders.fund import Fund

pytestmark = pytest.mark.anyio

HOURS_AHEAD = 48

PARTITIONS = """
SELECT c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bounds
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'used_nonce'::regclass ORDER BY 1
"""


async def _maintain(fund: Fund, zone: str = "UTC") -> int:
    connection = await asyncpg.connect(fund.database.dsn("jobs"), server_settings={"timezone": zone})
    try:
        return int(await connection.fetchval("SELECT maintain_used_nonces()"))
    finally:
        await connection.close()


async def _partitions(fund: Fund) -> dict[str, str]:
    return {row["name"]: row["bounds"] for row in await fund.owner.fetch(PARTITIONS, [])}


async def _add_partition(fund: Fund, hours_ago: int) -> str:
    [row] = await fund.owner.fetch(
        """SELECT 'used_nonce_' || to_char(h AT TIME ZONE 'UTC', 'YYYYMMDDHH24') AS name, h::text AS start,
                  (h + interval '1 hour')::text AS end
           FROM (SELECT date_trunc('hour', now()) - make_interval(hours => $1) AS h) x""",
        [hours_ago],
    )
    await fund.owner.fetch(
        f"CREATE TABLE IF NOT EXISTS {row['name']} PARTITION OF used_nonce "
        f"FOR VALUES FROM ('{row['start']}') TO ('{row['end']}')",
        [],
    )
    return str(row["name"])


async def test_after_the_migration_no_partition_is_missing(fund: Fund) -> None:
    assert await _maintain(fund) <= 1  # an hour may have begun since
    assert await _maintain(fund, "Asia/Kolkata") <= 1
    assert HOURS_AHEAD + 1 <= len(await _partitions(fund)) <= HOURS_AHEAD + 3


async def test_a_missing_partition_gets_the_same_bounds_in_any_time_zone(fund: Fund) -> None:
    before = await _partitions(fund)
    last = max(before)
    await fund.owner.fetch(f"DROP TABLE {last}", [])

    assert await _maintain(fund, "Asia/Kolkata") >= 1

    assert (await _partitions(fund))[last] == before[last]


async def test_partitions_that_ended_ten_minutes_ago_are_dropped_and_the_present_one_is_kept(
    fund: Fund,
) -> None:
    old = await _add_partition(fund, 3)
    present = await _add_partition(fund, 0)

    await _maintain(fund)

    left = await _partitions(fund)
    assert old not in left
    assert present in left


async def test_maintenance_parses_only_partition_names_under_any_plan(fund: Fund) -> None:
    old = await _add_partition(fund, 5)
    names_first = dict.fromkeys(("enable_nestloop", "enable_indexscan", "enable_bitmapscan"), "off")
    connection = await asyncpg.connect(fund.database.dsn("jobs"), server_settings=names_first)
    try:
        await connection.fetchval("SELECT maintain_used_nonces()")
    finally:
        await connection.close()

    assert old not in await _partitions(fund)


async def test_a_reader_delays_only_the_drop_of_the_old_partition(fund: Fund) -> None:
    old = await _add_partition(fund, 4)
    last = max(await _partitions(fund))
    await fund.owner.fetch(f"DROP TABLE {last}", [])
    reader = await asyncpg.connect(fund.database.dsn("owner"))
    try:
        async with reader.transaction():
            await reader.execute("LOCK TABLE used_nonce IN ACCESS SHARE MODE")
            await _maintain(fund)
            during = await _partitions(fund)
    finally:
        await reader.close()
    await _maintain(fund)

    assert old in during
    assert last in during
    assert old not in await _partitions(fund)


async def test_no_partition_is_vacuumed_before_it_is_dropped(fund: Fund) -> None:
    options = """SELECT c.relname, c.reloptions FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                 WHERE i.inhparent = 'used_nonce'::regclass AND c.relname > 'used_nonce_'
                 || to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDDHH24')"""
    partitions = await fund.owner.fetch(options, [])
    assert {tuple(row["reloptions"] or ()) for row in partitions} == {("autovacuum_enabled=off",)}


@pytest.mark.parametrize(
    "table", ["audit_record_eligibility", "audit_record_medical", "permit", "consent_evidence"]
)
async def test_a_table_that_only_grows_is_analyzed_by_the_million_rows(fund: Fund, table: str) -> None:
    rows = await fund.owner.fetch(
        "SELECT reloptions FROM pg_class c WHERE relkind = 'r' AND (oid = $1::text::regclass OR oid IN"
        " (SELECT inhrelid FROM pg_inherits WHERE inhparent = $1::text::regclass))",
        [table],
    )
    assert rows
    for row in rows:
        assert {
            "autovacuum_analyze_scale_factor=0", "autovacuum_analyze_threshold=1000000",
            "autovacuum_vacuum_insert_scale_factor=0", "autovacuum_vacuum_insert_threshold=1000000",
        } <= set(row["reloptions"])  # fmt: skip
