"""What the database did between two readings of its statistics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from loadtest.database.statistics import Reading, Row

_STANDS = {"tables": frozenset({"relations", "table_bytes", "index_bytes", "live_rows"})}
"""Columns that tell how things stand, and count nothing: told as they are in the end, with what came to them."""

MOST_STATEMENTS = 25


@dataclass(frozen=True, slots=True)
class StatisticsDelta:
    """By view, by key, by column: how much was counted in between. Where nothing was, there is no row."""

    rows: Mapping[str, Mapping[str, Row]]
    counters_reset: bool
    """The server lost its counts in between, as after a crash: told is what it counted since."""

    @property
    def cache_hit_ratio(self) -> float | None:
        """Of the pages that were asked for, those which PostgreSQL's own cache had."""
        database = self.rows.get("database", {}).get("", {})
        hit, read = database.get("blks_hit", 0.0), database.get("blks_read", 0.0)
        return hit / (hit + read) if hit + read else None

    @property
    def bytes_stored(self) -> float:
        """All tables with their indexes, in the end."""
        tables = self.rows.get("tables", {}).values()
        return sum(row.get("table_bytes", 0.0) + row.get("index_bytes", 0.0) for row in tables)


def delta(before: Reading, after: Reading) -> StatisticsDelta:
    """What came between two readings of one database."""
    anew = before.counted_since != after.counted_since or _shrank(before, after)
    rows = {
        view: {
            key: changed
            for key, row in found.items()
            if (changed := _changed(view, {} if anew else before.rows.get(view, {}).get(key, {}), row))
        }
        for view, found in after.rows.items()
    }
    dearest = sorted(rows.get("statements", {}).items(), key=lambda pair: -pair[1].get("exec_ms", 0.0))
    return StatisticsDelta(rows | {"statements": dict(dearest[:MOST_STATEMENTS])}, anew)


def _shrank(before: Reading, after: Reading) -> bool:
    earlier, later = (reading.rows.get("database", {}).get("", {}) for reading in (before, after))
    return any(later[column] < value for column, value in earlier.items() if column in later)


def _changed(view: str, earlier: Row, later: Row) -> Row:
    stands = _STANDS.get(view, frozenset())
    counted = {column: value - earlier.get(column, 0.0) for column, value in later.items()}
    told = {column: value for column, value in counted.items() if column not in stands and value}
    for column in stands & later.keys():
        told |= {column: later[column], f"{column}_grown": counted[column]}
    return told
