"""The page's tables about PostgreSQL; columns have PostgreSQL's names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from loadtest.database.monitor import DatabaseMonitor
from loadtest.database.statistics import Row, StatisticsDelta
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
_MAX_ROWS = 20


def tables(monitor: DatabaseMonitor, checks: int) -> Iterator[Table]:
    """All of them. `checks`: number of answered checks, by which the overview is divided."""
    delta = monitor.delta
    if delta is None:
        yield Table(_TITLE, ("",), [["統計を読み取れませんでした / The statistics could not be read."]])
        return
    yield _overview(delta, checks)
    yield _waits(monitor.waits, sees_all=monitor.after is not None and monitor.after.sees_all)
    yield _rows("入出力 / pg_stat_io", delta.rows.get("io", {}), _IO, by=_operations)
    yield _rows("表と索引 / Tables and indexes", delta.rows.get("tables", {}), _TABLES, by=_size)
    if statements := delta.rows.get("statements"):
        yield _rows(
            "SQL 文 / pg_stat_statements", statements, _STATEMENTS, by=lambda row: row.get("exec_ms", 0.0)
        )


def _overview(delta: StatisticsDelta, checks: int) -> Table:
    rows = [
        [f"{view}.{column}", f"{value:,.0f}", f"{value / checks:,.2f}" if checks else ""]
        for view, columns in _OVERVIEW.items()
        for column in columns
        if (value := delta.rows.get(view, {}).get("", {}).get(column))
    ]
    rows.append(["表と索引の合計 / tables and indexes, bytes", f"{delta.bytes_stored:,.0f}", ""])
    if (share := delta.cache_hit_ratio) is not None:
        rows.append(["キャッシュヒット率 / cache hit ratio", f"{share:.2%}", ""])
    note = (
        "統計が途中でリセットされたため、その後の値です / The server lost its counters: these are the values since."
        if delta.counters_reset
        else ""
    )
    return Table(_TITLE, ("", "合計 / total", "照会あたり / per check"), rows, note)


def _waits(waits: WaitSamples, *, sees_all: bool) -> Table:
    rows = [
        [f"{state}: {event}" if event else state, f"{sessions:.3f}"]
        for state, events in waits.means().items()
        for event, sessions in events.items()
    ]
    note = f"{waits.count:,}回のサンプル / samples. CPU: 待機なし / no wait event."
    if not sees_all:
        note += (
            " 他のロールのセッションは表示されません / Sessions of other roles are not visible"
            " (pg_read_all_stats)."
        )
    columns = ("状態：待機イベント / state: wait event", "平均セッション数 / sessions, mean")
    return Table("待機イベント / Wait events", columns, rows[:_MAX_ROWS], note)


def _rows(
    title: str, rows: Mapping[str, Row], columns: Sequence[str], *, by: Callable[[Row], float]
) -> Table:
    """The largest rows, without columns that are empty in all of them."""
    largest = sorted(rows.items(), key=lambda pair: -by(pair[1]))[:_MAX_ROWS]
    used = [column for column in columns if any(row.get(column) for _, row in largest)]
    cells = [[key, *(f"{row.get(column, 0.0):,.0f}" for column in used)] for key, row in largest]
    note = f"{len(rows):,}件のうち上位 / the largest of {len(rows):,}" if len(rows) > _MAX_ROWS else ""
    return Table(title, ("", *used), cells, note)


def _operations(row: Row) -> float:
    return sum(row.get(column, 0.0) for column in ("reads", "writes", "extends", "fsyncs", "hits"))


def _size(row: Row) -> float:
    return row.get("table_bytes", 0.0) + row.get("index_bytes", 0.0)
