"""Brings a month's end into the soak: the audit record's present partition is cut at an instant of the near future.

Nobody can wait for a month's end, and the database's clock, by which records are dated, cannot be put forward while
programs run. What happens at a month's end happens at that instant instead: records go to another partition.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import asyncpg

from loadtest.database.dsn import DatabaseUnreachable
from loadtest.errors import LoadError

_TIMEOUT_S = 60.0

_CLASSES = "SELECT retention_class FROM audit_retention ORDER BY 1"
_EXISTS = "SELECT to_regclass($1) IS NOT NULL"
_CUT = """
ALTER TABLE {parent} DETACH PARTITION {partition};
ALTER TABLE {parent} ATTACH PARTITION {partition} FOR VALUES FROM ('{first}') TO ('{cut}');
CREATE TABLE {later} (LIKE {parent} INCLUDING ALL);
SELECT audit_protect('{later}'::regclass);
ALTER TABLE {parent} ATTACH PARTITION {later} FOR VALUES FROM ('{cut}') TO ('{last}');
"""
_BOUNDS = """
SELECT first_record_id(m)::text AS first, first_record_id($1)::text AS cut, first_record_id(m + interval '1 month')::text AS last
FROM date_trunc('month', $1::timestamptz) m
"""


async def cut_month(dsn: str, at: datetime) -> None:
    """Let the present month's partitions end at an instant (aware) of the same month, in UTC.

    `dsn`: the owner's. Raises LoadError if the instant's month is not the present one, or has been cut already.
    """
    connection = await _connect(dsn)
    try:
        async with connection.transaction():
            [bounds] = await connection.fetch(_BOUNDS, at)
            for name in await _classes(connection):
                partition, later = _partition(name, at), _later(name, at)
                if await connection.fetchval(_EXISTS, later):
                    raise LoadError(f"{partition} has been cut already")
                if not await connection.fetchval(_EXISTS, partition):
                    raise LoadError(f"there is no partition {partition}")
                await connection.execute(
                    _CUT.format(parent=f"audit_record_{name}", partition=partition, later=later, **bounds)
                )
    except asyncpg.PostgresError as error:
        raise LoadError(f"the month could not be cut: {error}") from error
    finally:
        await connection.close(timeout=_TIMEOUT_S)


async def count_records(dsn: str, at: datetime) -> tuple[int, int]:
    """The audit records of that month before and after the cut. Raises LoadError."""
    connection = await _connect(dsn)
    try:
        before = after = 0
        for name in await _classes(connection):
            before += await connection.fetchval(f"SELECT count(*) FROM {_partition(name, at)}")  # noqa: S608 - names of ours
            after += await connection.fetchval(f"SELECT count(*) FROM {_later(name, at)}")  # noqa: S608 - names of ours
    except asyncpg.PostgresError as error:
        raise LoadError(f"the records could not be counted: {error}") from error
    finally:
        await connection.close(timeout=_TIMEOUT_S)
    return before, after


async def _connect(dsn: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(dsn, timeout=_TIMEOUT_S, server_settings={"timezone": "UTC"})
    except (DatabaseUnreachable, OSError, asyncpg.PostgresError) as error:
        raise LoadError(f"the database cannot be reached: {error}") from error


async def _classes(connection: asyncpg.Connection) -> Sequence[str]:
    return [row["retention_class"] for row in await connection.fetch(_CLASSES)]


def _partition(name: str, at: datetime) -> str:
    return f"audit_record_{name}_{at.astimezone(UTC):%Y%m}"


def _later(name: str, at: datetime) -> str:
    """The name ends with its month, by which partitions are dropped after their years."""
    return f"audit_record_{name}_later_{at.astimezone(UTC):%Y%m}"
