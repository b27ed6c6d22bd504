"""PostgreSQL's cumulative statistics at an instant, as rows of numbers by what they are of.

A session reports its own at most once a second, and ten seconds after its last work: an instant may lack a little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import asyncpg

Row = Mapping[str, float]
"""Numbers by the names that PostgreSQL gives their columns."""

_VIEWS = {
    "database": ((), "SELECT * FROM pg_stat_database WHERE datname = current_database()"),
    "io": (("backend_type", "object", "context"), "SELECT * FROM pg_stat_io"),
    "wal": ((), "SELECT * FROM pg_stat_wal"),
    "checkpointer": ((), "SELECT * FROM pg_stat_checkpointer"),
    "tables": (
        ("name",),
        """SELECT coalesce(pg_partition_root(relid), relid)::regclass::text AS name,
                  count(*) AS relations, sum(pg_table_size(relid)) AS table_bytes,
                  sum(pg_indexes_size(relid)) AS index_bytes, sum(n_live_tup) AS live_rows,
                  sum(n_tup_ins) AS inserted, sum(n_tup_upd) AS updated, sum(n_tup_hot_upd) AS hot_updated,
                  sum(n_tup_del) AS deleted, sum(seq_scan) AS seq_scans, sum(idx_scan) AS index_scans
             FROM pg_stat_user_tables GROUP BY 1""",
    ),
}
"""Each view's key columns, and the statement. A partitioned table is one."""

_NO_COUNTERS = frozenset({"datid", "numbackends", "op_bytes"})

_STATEMENTS = r"""SELECT left(regexp_replace(query, '\s+', ' ', 'g'), 240) AS statement, sum(calls) AS calls,
       sum(total_exec_time) AS exec_ms, sum(rows) AS rows, sum(shared_blks_hit) AS blocks_hit,
       sum(shared_blks_read) AS blocks_read, sum(wal_bytes) AS wal_bytes
  FROM {schema}.pg_stat_statements
  JOIN pg_database ON pg_database.oid = dbid AND datname = current_database()
 WHERE query ~* '^\s*(select|insert|update|delete|merge|with)\M' GROUP BY 1"""
"""Only statements whose constants the extension replaces: no other's text may be shown."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read. `rows`: of each view, by its key, numbers; of a view that this server lacks, none."""

    server: str
    """Its version."""

    sees_all: bool
    """Whether other roles' sessions may be seen: else their wait events are unknown."""

    rows: Mapping[str, Mapping[str, Row]]

    counted_since: Mapping[str, str]
    """Since when the views count, where they tell it: after a crash they begin anew."""


async def read(connection: asyncpg.Connection) -> Reading:
    """Read everything. Raises asyncpg's errors, OSError."""
    rows: dict[str, Mapping[str, Row]] = {}
    since: dict[str, str] = {}
    for view, (key, statement) in _VIEWS.items():
        try:
            found = await connection.fetch(statement)
        except asyncpg.UndefinedTableError:
            found = []
        rows[view] = by_key(key, found)
        if found and "stats_reset" in found[0]:
            since[view] = str(found[0]["stats_reset"])
    rows["statements"] = await _statements(connection)
    sees_all = await connection.fetchval("SELECT pg_has_role('pg_read_all_stats', 'USAGE')")
    return Reading(await connection.fetchval("SHOW server_version"), sees_all, rows, since)


async def _statements(connection: asyncpg.Connection) -> dict[str, Row]:
    """What pg_stat_statements tells, where the server has it."""
    schema = await connection.fetchval(
        "SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace"
        " WHERE extname = 'pg_stat_statements'"
    )
    if schema is None:
        return {}
    try:
        return by_key(("statement",), await connection.fetch(_STATEMENTS.format(schema=schema)))
    except asyncpg.ObjectNotInPrerequisiteStateError:  # created, and not among shared_preload_libraries
        return {}


def by_key(key: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, Row]:
    """A view's rows by the values of its key columns, its numbers alone."""
    return {
        " / ".join(str(row[column]) for column in key): {
            column: float(value)
            for column, value in row.items()
            if isinstance(value, int | float | Decimal)
            and not isinstance(value, bool)
            and column not in {*key, *_NO_COUNTERS}
        }
        for row in rows
    }
