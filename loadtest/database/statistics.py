"""Snapshots of PostgreSQL's cumulative statistics, and the difference between two of them.

A session reports its own statistics at most once a second, and ten seconds after its last work: a snapshot
may lack a little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import asyncpg

Row = Mapping[str, float]
"""Numbers by PostgreSQL's column names."""

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
"""Each view's key columns and its query. A partitioned table counts as one."""

_NO_COUNTERS = frozenset({"datid", "numbackends", "op_bytes"})

_GAUGES = {"tables": frozenset({"relations", "table_bytes", "index_bytes", "live_rows"})}
"""Columns that are levels, not counters: reported as of the second snapshot, with their growth."""

_STATEMENTS = r"""SELECT left(regexp_replace(query, '\s+', ' ', 'g'), 240) AS statement, sum(calls) AS calls,
       sum(total_exec_time) AS exec_ms, sum(rows) AS rows, sum(shared_blks_hit) AS blocks_hit,
       sum(shared_blks_read) AS blocks_read, sum(wal_bytes) AS wal_bytes
  FROM {schema}.pg_stat_statements
  JOIN pg_database ON pg_database.oid = dbid AND datname = current_database()
 WHERE query ~* '^\s*(select|insert|update|delete|merge|with)\M' GROUP BY 1"""
"""Only statements whose constants the extension replaces: the text of any other may hold personal data."""

MAX_STATEMENTS = 25


@dataclass(frozen=True, slots=True)
class StatisticsSnapshot:
    """Statistics at an instant.

    `rows`: by view, by key, the numbers; empty for a view that this server lacks.
    """

    server: str
    """The server's version."""

    sees_all: bool
    """Whether other roles' sessions are visible: otherwise their wait events are unknown."""

    rows: Mapping[str, Mapping[str, Row]]

    counted_since: Mapping[str, str]
    """When each view's counters were last reset, as far as it reports that: a crash resets them."""


@dataclass(frozen=True, slots=True)
class StatisticsDelta:
    """The change between two snapshots, by view, key and column. Rows without any change are left out."""

    rows: Mapping[str, Mapping[str, Row]]
    counters_reset: bool
    """The server lost its counters in between, as after a crash: the rows hold what it has counted since."""

    @property
    def cache_hit_ratio(self) -> float | None:
        """The share of requested pages that were in PostgreSQL's own cache."""
        database = self.rows.get("database", {}).get("", {})
        hit, read = database.get("blks_hit", 0.0), database.get("blks_read", 0.0)
        return hit / (hit + read) if hit + read else None

    @property
    def bytes_stored(self) -> float:
        """The size of all tables with their indexes at the end."""
        tables = self.rows.get("tables", {}).values()
        return sum(row.get("table_bytes", 0.0) + row.get("index_bytes", 0.0) for row in tables)


async def read_statistics(connection: asyncpg.Connection) -> StatisticsSnapshot:
    """Take a snapshot. Raises asyncpg's errors, OSError."""
    rows: dict[str, Mapping[str, Row]] = {}
    since: dict[str, str] = {}
    for view, (key, query) in _VIEWS.items():
        try:
            found = await connection.fetch(query)
        except asyncpg.UndefinedTableError:
            found = []
        rows[view] = by_key(key, found)
        if found and "stats_reset" in found[0]:
            since[view] = str(found[0]["stats_reset"])
    rows["statements"] = await _statements(connection)
    sees_all = await connection.fetchval("SELECT pg_has_role('pg_read_all_stats', 'USAGE')")
    return StatisticsSnapshot(await connection.fetchval("SHOW server_version"), sees_all, rows, since)


async def _statements(connection: asyncpg.Connection) -> dict[str, Row]:
    """The rows of pg_stat_statements, where the server has it."""
    schema = await connection.fetchval(
        "SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace"
        " WHERE extname = 'pg_stat_statements'"
    )
    if schema is None:
        return {}
    try:
        return by_key(("statement",), await connection.fetch(_STATEMENTS.format(schema=schema)))
    except asyncpg.ObjectNotInPrerequisiteStateError:  # created, but not among shared_preload_libraries
        return {}


def by_key(key: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, Row]:
    """The numbers of a view's rows, by the values of its key columns."""
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


def delta(before: StatisticsSnapshot, after: StatisticsSnapshot) -> StatisticsDelta:
    """The change between two snapshots of one database; of the statements only the most expensive."""
    is_reset = before.counted_since != after.counted_since or _decreased(before, after)
    rows = {
        view: {
            key: changed
            for key, row in found.items()
            if (changed := _changed(view, {} if is_reset else before.rows.get(view, {}).get(key, {}), row))
        }
        for view, found in after.rows.items()
    }
    statements = sorted(rows.get("statements", {}).items(), key=lambda pair: -pair[1].get("exec_ms", 0.0))
    return StatisticsDelta(rows | {"statements": dict(statements[:MAX_STATEMENTS])}, is_reset)


def _decreased(before: StatisticsSnapshot, after: StatisticsSnapshot) -> bool:
    earlier, later = (snapshot.rows.get("database", {}).get("", {}) for snapshot in (before, after))
    return any(later[column] < value for column, value in earlier.items() if column in later)


def _changed(view: str, earlier: Row, later: Row) -> Row:
    gauges = _GAUGES.get(view, frozenset())
    counted = {column: value - earlier.get(column, 0.0) for column, value in later.items()}
    changed = {column: value for column, value in counted.items() if column not in gauges and value}
    for column in gauges & later.keys():
        changed |= {column: later[column], f"{column}_grown": counted[column]}
    return changed
