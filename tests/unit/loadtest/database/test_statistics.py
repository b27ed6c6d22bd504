"""What is made of PostgreSQL's statistics: of rows as a server of version 18 gave them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from loadtest.database.delta import MOST_STATEMENTS, StatisticsDelta, delta
from loadtest.database.statistics import Reading, by_key
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


def reading(since: str = "2026-11-02", **views: Any) -> Reading:
    rows = {"database": by_key((), [DATABASE]), "tables": by_key(("name",), TABLES)}
    return Reading("18.1", True, rows | views, {"wal": since})


def test_rows_are_numbers_by_the_values_of_their_key() -> None:
    rows = by_key(("backend_type", "object", "context"), IO)
    assert rows == {
        "client backend / wal / normal": {"writes": 410.0, "write_bytes": 3_358_720.0},
        "checkpointer / relation / normal": {"writes": 70.0, "write_bytes": 573_440.0},
    }


def test_what_is_no_counter_is_left_out() -> None:
    assert (
        by_key((), [DATABASE])[""].keys().isdisjoint({"datid", "datname", "numbackends", "checksum_failures"})
    )


def test_a_difference_holds_what_was_counted_in_between() -> None:
    later = by_key((), [DATABASE | {"xact_commit": 52_610, "blks_hit": 812_000, "blks_read": 1_000}])
    between = delta(reading(), reading(database=later))
    assert between.rows["database"] == {"": {"xact_commit": 500.0, "blks_hit": 900.0, "blks_read": 100.0}}
    assert between.cache_hit_ratio == 0.9
    assert not between.counters_reset


def test_sizes_are_told_as_they_are_with_what_came_to_them() -> None:
    later = by_key(("name",), [TABLES[0] | {"table_bytes": 90_112, "inserted": 700}])
    [row] = delta(reading(), reading(tables=later)).rows["tables"].values()
    assert (row["table_bytes"], row["table_bytes_grown"], row["inserted"]) == (90_112, 8_192, 200)
    assert (row["index_bytes"], row["index_bytes_grown"]) == (16_384, 0)
    assert delta(reading(), reading(tables=later)).bytes_stored == 106_496


@pytest.mark.parametrize(
    "after",
    [
        reading(since="2026-11-03"),
        reading(database=by_key((), [DATABASE | {"xact_commit": 30}])),
    ],
    ids=["says so", "counts less"],
)
def test_a_server_that_lost_its_counts_is_told_from_then(after: Reading) -> None:
    between = delta(reading(), after)
    assert between.counters_reset
    assert between.rows["database"][""]["xact_commit"] == after.rows["database"][""]["xact_commit"]


def test_the_dearest_statements_come_first_and_not_all() -> None:
    later = {f"SELECT {n}": {"calls": 1.0, "exec_ms": float(n)} for n in range(1, 40)}
    told = delta(reading(), reading(statements=later)).rows["statements"]
    assert list(told)[:2] == ["SELECT 39", "SELECT 38"]
    assert len(told) == MOST_STATEMENTS


def test_nothing_asked_has_no_hit_share() -> None:
    assert StatisticsDelta({}, counters_reset=False).cache_hit_ratio is None


def session(state: str, kind: str | None, event: str | None, sessions: int) -> dict[str, Any]:
    return {"state": state, "wait_event_type": kind, "wait_event": event, "sessions": sessions}


def test_sessions_are_told_by_state_and_by_what_they_wait_for_in_the_mean_of_all_looks() -> None:
    waits = WaitSamples()
    waits.take(7.2, [session("active", None, None, 3), session("idle", "Client", "ClientRead", 20)])
    waits.take(7.4, [session("active", "IO", "WalSync", 1), session("active", None, None, 1)])
    waits.take(8.0, [session("idle in transaction", "Client", "ClientRead", 1)])
    assert waits.means() == {
        "idle": {"": pytest.approx(20 / 3)},
        "active": {"CPU": pytest.approx(4 / 3), "IO / WalSync": pytest.approx(1 / 3)},
        "idle in transaction": {"Client / ClientRead": pytest.approx(1 / 3)},
    }
    assert {second: looks for second, (looks, _) in waits.seconds.items()} == {7: 2, 8: 1}
    assert waits.seconds[7][1] == {"CPU": 4, "IO": 1}
