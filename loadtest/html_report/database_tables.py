"""The tables of a run's page that are about PostgreSQL; columns by the names that PostgreSQL gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from loadtest.database.delta import StatisticsDelta
from loadtest.database.monitor import DatabaseMonitor
from loadtest.database.statistics import Row
from loadtest.database.waits import WaitSamples
from loadtest.html_report.tables import Table

_TITLE = "データベース / Database"

_OVERVIEW = {
    "database": (
        "xact_commit", "xact_rollback", "tup_inserted", "tup_updated", "tup_deleted", "tup_fetched", "blks_hit",
        "blks_read", "temp_bytes", "deadlocks", "active_time",
    ),
    "wal": ("wal_records", "wal_fpi", "wal_bytes", "wal_buffers_full"),
    "checkpointer": ("num_timed", "num_requested", "write_time", "sync_time", "buffers_written"),
}  # fmt: skip
_IO = ("reads", "read_bytes", "writes", "write_bytes", "extends", "hits", "evictions", "fsyncs")
_TABLES = (
    "table_bytes", "table_bytes_grown", "index_bytes", "index_bytes_grown", "inserted", "updated", "hot_updated",
    "deleted", "seq_scans", "index_scans",
)  # fmt: skip
_STATEMENTS = ("calls", "exec_ms", "rows", "blocks_hit", "blocks_read", "wal_bytes")
_MOST_ROWS = 20


def tables(watch: DatabaseMonitor, checks: int) -> Iterator[Table]:
    """All of them. `checks`: that were answered, by which the overview is divided."""
    seen = watch.delta
    if seen is None:
        yield Table(_TITLE, ("",), [["統計を読めなかった / The statistics could not be read."]])
        return
    yield _overview(seen, checks)
    yield _waits(watch.waits, sees_all=watch.after is not None and watch.after.sees_all)
    yield _rows("入出力 / pg_stat_io", seen.rows.get("io", {}), _IO, by=_moved)
    yield _rows("表と索引 / Tables and indexes", seen.rows.get("tables", {}), _TABLES, by=_size)
    if statements := seen.rows.get("statements"):
        yield _rows(
            "文 / pg_stat_statements", statements, _STATEMENTS, by=lambda row: row.get("exec_ms", 0.0)
        )


def _overview(seen: StatisticsDelta, checks: int) -> Table:
    rows = [
        [f"{view}.{column}", f"{value:,.0f}", f"{value / checks:,.2f}" if checks else ""]
        for view, columns in _OVERVIEW.items()
        for column in columns
        if (value := seen.rows.get(view, {}).get("", {}).get(column))
    ]
    rows.append(["表と索引の合計 / tables and indexes, bytes", f"{seen.bytes_stored:,.0f}", ""])
    if (share := seen.cache_hit_ratio) is not None:
        rows.append(["キャッシュ命中率 / cache hits", f"{share:.2%}", ""])
    note = (
        "統計は途中で失われ、その後の分である / The server lost its counts: these are of the time since."
        if seen.counters_reset
        else ""
    )
    return Table(_TITLE, ("", "合計 / total", "照会あたり / per check"), rows, note)


def _waits(waits: WaitSamples, *, sees_all: bool) -> Table:
    rows = [
        [f"{state}: {event}" if event else state, f"{sessions:.3f}"]
        for state, events in waits.means().items()
        for event, sessions in events.items()
    ]
    note = f"{waits.looks:,} 回の観察 / looks. CPU: 待っていない / waiting for nothing."
    if not sees_all:
        note += (
            " 他の役割のセッションは見えない / Sessions of other roles are not visible (pg_read_all_stats)."
        )
    columns = ("状態、待つもの / state, waits for", "平均セッション数 / sessions, mean")
    return Table("待機事象 / Wait events", columns, rows[:_MOST_ROWS], note)


def _rows(
    title: str, rows: Mapping[str, Row], columns: Sequence[str], *, by: Callable[[Row], float]
) -> Table:
    """The largest ones, with the columns that hold anything."""
    largest = sorted(rows.items(), key=lambda pair: -by(pair[1]))[:_MOST_ROWS]
    held = [column for column in columns if any(row.get(column) for _, row in largest)]
    cells = [[key, *(f"{row.get(column, 0.0):,.0f}" for column in held)] for key, row in largest]
    note = f"{len(rows):,} のうち大きいもの / the largest of {len(rows):,}" if len(rows) > _MOST_ROWS else ""
    return Table(title, ("", *held), cells, note)


def _moved(row: Row) -> float:
    return sum(row.get(column, 0.0) for column in ("reads", "writes", "extends", "fsyncs", "hits"))


def _size(row: Row) -> float:
    return row.get("table_bytes", 0.0) + row.get("index_bytes", 0.0)
