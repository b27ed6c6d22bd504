"""Differences of PostgreSQL's statistics, on rows of a version 18 server; means of wait samples."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from loadtest.database.statistics import MAX_STATEMENTS, StatisticsDelta, StatisticsSnapshot, by_key, delta
from loadtest.database.waits import WaitSamples

DATABASE = {
    "datid": 16388, "datname": "shikaku", "numbackends": 21, "xact_commit": 52_110, "xact_rollback": 12,
    "blks_read": 900, "blks_hit": 811_100, "tup_inserted": 4_000, "deadlocks": 0, "session_time": 90_210.25,
    "checksum_failures": None,
}  # fmt: skip
IO = [
    {"backend_type": "client backend", "object": "wal", "context": "normal", "writes": 410, "write_bytes": Decimal(3_358_720), "op_bytes": 8192},
    {"backend_type": "checkpointer", "object": "relation", "context": "normal", "writes": 70, "write_bytes": Decimal(573_440), "op_bytes": 8192},
]  # fmt: skip
TABLES = [{"name": "presence_record", "relations": 3, "table_bytes": Decimal(81_920), "index_bytes": Decimal(16_384), "inserted": Decimal(500)}]  # fmt: skip


def snapshot(since: str = "2026-11-02", **views: Any) -> StatisticsSnapshot:
    rows = {"database": by_key((), [DATABASE]), "tables": by_key(("name",), TABLES)}
    return StatisticsSnapshot("18.1", True, rows | views, {"wal": since})


def test_rows_are_numbers_by_the_values_of_their_key() -> None:
    rows = by_key(("backend_type", "object", "context"), IO)
    assert rows == {
        "client backend / wal / normal": {"writes": 410.0, "write_bytes": 3_358_720.0},
        "checkpointer / relation / normal": {"writes": 70.0, "write_bytes": 573_440.0},
    }


def test_columns_that_are_no_counters_are_left_out() -> None:
    assert (
        by_key((), [DATABASE])[""].keys().isdisjoint({"datid", "datname", "numbackends", "checksum_failures"})
    )


def test_a_delta_holds_what_was_counted_in_between() -> None:
    later = by_key((), [DATABASE | {"xact_commit": 52_610, "blks_hit": 812_000, "blks_read": 1_000}])
    between = delta(snapshot(), snapshot(database=later))
    assert between.rows["database"] == {"": {"xact_commit": 500.0, "blks_hit": 900.0, "blks_read": 100.0}}
    assert between.cache_hit_ratio == 0.9
    assert not between.counters_reset


def test_sizes_are_reported_as_they_are_with_their_growth() -> None:
    later = by_key(("name",), [TABLES[0] | {"table_bytes": 90_112, "inserted": 700}])
    [row] = delta(snapshot(), snapshot(tables=later)).rows["tables"].values()
    assert (row["table_bytes"], row["table_bytes_grown"], row["inserted"]) == (90_112, 8_192, 200)
    assert (row["index_bytes"], row["index_bytes_grown"]) == (16_384, 0)
    assert delta(snapshot(), snapshot(tables=later)).bytes_stored == 106_496


@pytest.mark.parametrize(
    "after",
    [
        snapshot(since="2026-11-03"),
        snapshot(database=by_key((), [DATABASE | {"xact_commit": 30}])),
    ],
    ids=["reset reported", "counters decreased"],
)
def test_after_a_reset_the_delta_holds_what_was_counted_since(after: StatisticsSnapshot) -> None:
    between = delta(snapshot(), after)
    assert between.counters_reset
    assert between.rows["database"][""]["xact_commit"] == after.rows["database"][""]["xact_commit"]


def test_statements_are_sorted_by_cost_up_to_the_maximum() -> None:
    later = {f"SELECT {n}": {"calls": 1.0, "exec_ms": float(n)} for n in range(1, 40)}
    statements = delta(snapshot(), snapshot(statements=later)).rows["statements"]
    assert list(statements)[:2] == ["SELECT 39", "SELECT 38"]
    assert len(statements) == MAX_STATEMENTS


def test_without_page_requests_there_is_no_hit_ratio() -> None:
    assert StatisticsDelta({}, counters_reset=False).cache_hit_ratio is None


def session(state: str, kind: str | None, event: str | None, sessions: int) -> dict[str, Any]:
    return {"state": state, "wait_event_type": kind, "wait_event": event, "sessions": sessions}


def test_sessions_are_averaged_over_all_samples_by_state_and_wait_event() -> None:
    waits = WaitSamples()
    waits.add(7.2, [session("active", None, None, 3), session("idle", "Client", "ClientRead", 20)])
    waits.add(7.4, [session("active", "IO", "WalSync", 1), session("active", None, None, 1)])
    waits.add(8.0, [session("idle in transaction", "Client", "ClientRead", 1)])
    assert waits.means() == {
        "idle": {"": pytest.approx(20 / 3)},
        "active": {"CPU": pytest.approx(4 / 3), "IO / WalSync": pytest.approx(1 / 3)},
        "idle in transaction": {"Client / ClientRead": pytest.approx(1 / 3)},
    }
    assert {second: count for second, (count, _) in waits.seconds.items()} == {7: 2, 8: 1}
    assert waits.seconds[7][1] == {"CPU": 4, "IO": 1}
