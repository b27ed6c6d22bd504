"""The tables of the page: their rows, and how values are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from loadtest.database.monitor import DatabaseMonitor
from loadtest.database.statistics import StatisticsSnapshot
from loadtest.html_report import database_tables, tables
from loadtest.machine.sampling import Sample, Usage
from loadtest.monitor import Observations
from tests.unit.loadtest.scenario.builders import FAULT, HOST_INFO, latencies, report, stats, usage


def test_each_kind_of_request_has_its_share_and_the_check_has_none() -> None:
    made = report(stats=stats(requests={"number": latencies(*[8.0] * 30), "card": latencies(*[5.0] * 10)}))
    rows = tables.requests(made).rows
    assert [row[:3] for row in rows[:2]] == [["card", "10", "25.0%"], ["number", "30", "75.0%"]]
    assert rows[2][1:4] == ["100", "", "9.0"]
    assert all(len(row) == len(tables.requests(made).columns) for row in rows)


def test_a_run_without_requests_has_no_division_by_zero() -> None:
    [only] = tables.requests(report(stats=stats(requests={}))).rows
    assert only[2] == ""


def test_errors_are_listed_with_the_explained_ones_and_then_wrong_answers() -> None:
    made = report(
        stats=stats(errors=Counter({"internal": 1, "network: blocked": 5})),
        sections=[FAULT],
        wrong={"validity": 1200},
    )
    assert tables.errors(made).rows == [
        ["network: blocked", "5", "2"], ["internal", "1", "0"], ["誤答 / wrong: validity", "1,200", "0"],
    ]  # fmt: skip


def test_more_errors_cannot_be_explained_than_occurred() -> None:
    many = replace(FAULT, explained={"network: blocked": 9})
    made = report(stats=stats(errors=Counter({"network: blocked": 5})), sections=[many])
    assert tables.errors(made).rows == [["network: blocked", "5", "5"]]


def test_generators_are_numbered_from_one() -> None:
    table = tables.generators(report(usages=[usage(3.0), usage(4.5)]))
    assert table.rows == [["1", "0.30", "60", "5", "10.0"], ["2", "0.45", "60", "5", "10.0"]]
    assert "start delay, p99: 1.0 ms" in table.note


def test_a_process_has_the_memory_of_its_own_first_and_last_sample() -> None:
    def at(second: float, **usages: Usage) -> Sample:
        return Sample(second, {name.replace("_", " "): one for name, one in usages.items()}, 0.0, 0.0)

    samples = [
        at(0, database=Usage(0.5, 300)),
        at(1, database=Usage(1.5, 500), api_1=Usage(0.2, 90)),
        at(2, api_1=Usage(0.4, 110)),
    ]
    assert tables.processes(samples).rows == [
        ["api 1", "0.30", "0.40", "90", "110", "110"],
        ["database", "1.00", "1.50", "300", "500", "500"],
    ]
    assert tables.processes([]).rows == []


def test_the_conditions_are_those_of_the_machine_and_the_size() -> None:
    monitor = DatabaseMonitor(lambda: "nowhere")
    monitor.after = StatisticsSnapshot("18.1", True, {}, {})
    made = report(host_info=replace(HOST_INFO, commit=""), observations=Observations(0.0, [], monitor))
    rows = {row[0]: row[1] for row in tables.host_info(made).rows}
    assert rows["コマンド / command"] == "loadtest run --level L0"
    assert rows["コミット / commit"] == "–"
    assert rows["PostgreSQL"] == "18.1"
    assert rows["規模 / size: people"] == "3,000"
    assert tables.host_info(report()).rows == [["規模 / size: people", "3,000"]]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (True, "はい / yes"),
        (False, "いいえ / no"),
        (0, "0"),
        (0.123456789, "0.123457"),
        (999.5, "999.5"),
        (1000, "1,000"),
        (-1234.6, "-1,235"),
        ("overloaded", "overloaded"),
        ([1, 2.5, None], "1, 2.5, –"),
        ((), "–"),
        ([], "–"),
    ],
)
def test_values_are_written_for_people(value: Any, text: str) -> None:
    assert tables.named("", {"name": value}).rows == [["name", text]]


def test_nested_values_are_named_by_their_path() -> None:
    values: Mapping[str, Any] = {
        "before": {"p99_ms": 20.5, "errors": {"internal": 1}},
        "recovered_after_s": 3,
    }
    table = tables.named("障害", values, "note")
    assert table.rows == [
        ["before.p99_ms", "20.5"],
        ["before.errors.internal", "1"],
        ["recovered_after_s", "3"],
    ]
    assert (table.title, table.note, table.text) == ("障害", "note", True)
    assert tables.named("", {"errors": {}}).rows == []


def monitored(
    before: dict[str, Any], after: dict[str, Any], *, since: str = "", sees_all: bool = True
) -> DatabaseMonitor:
    monitor = DatabaseMonitor(lambda: "nowhere")
    monitor.before = StatisticsSnapshot("18.1", sees_all, before, {})
    monitor.after = StatisticsSnapshot("18.1", sees_all, after, {"wal": since} if since else {})
    return monitor


def database(commits: float, hits: float = 0.0, reads: float = 0.0) -> dict[str, Any]:
    return {"database": {"": {"xact_commit": commits, "blks_hit": hits, "blks_read": reads}}}


def test_the_overview_is_divided_by_the_checks() -> None:
    overview, *_ = database_tables.tables(monitored(database(1000), database(1300)), 200)
    assert overview.rows == [
        ["database.xact_commit", "300", "1.50"], ["表と索引の合計 / tables and indexes, bytes", "0", ""],
    ]  # fmt: skip
    without_checks, *_ = database_tables.tables(monitored(database(1000), database(1300)), 0)
    assert without_checks.rows[0] == ["database.xact_commit", "300", ""]


def test_the_cache_s_hit_ratio_is_shown_if_pages_were_requested() -> None:
    overview, *_ = database_tables.tables(monitored(database(0), database(1, 990, 10)), 1)
    assert overview.rows[-1] == ["キャッシュヒット率 / cache hit ratio", "99.00%", ""]


@pytest.mark.parametrize("since", ["", "2026-11-30"])
def test_a_reset_of_the_counters_is_noted(since: str) -> None:
    overview, *_ = database_tables.tables(monitored(database(10), database(20), since=since), 1)
    assert ("lost its counters" in overview.note) is bool(since)


@pytest.mark.parametrize("sees_all", [True, False])
def test_invisible_sessions_are_noted_with_the_wait_events(sees_all: bool) -> None:
    monitor = monitored(database(1), database(2), sees_all=sees_all)
    monitor.waits.add(
        0.0, [{"state": "idle", "wait_event_type": "Client", "wait_event": "ClientRead", "sessions": 2}]
    )
    _, waits, *_ = database_tables.tables(monitor, 1)
    assert waits.rows == [["idle", "2.000"]]
    assert "1回のサンプル" in waits.note
    assert ("pg_read_all_stats" in waits.note) is not sees_all


def test_only_the_largest_rows_are_shown_and_columns_that_hold_something() -> None:
    after = {"io": {f"backend {number}": {"reads": float(number), "fsyncs": 0.0} for number in range(1, 31)}}
    _, _, io, tables_of_the_store, *_ = database_tables.tables(monitored({}, after), 1)
    assert io.columns == ("", "reads")
    assert [row[0] for row in io.rows[:2]] == ["backend 30", "backend 29"]
    assert len(io.rows) == 20
    assert io.note == "30件のうち上位 / the largest of 30"
    assert tables_of_the_store.rows == []


def test_statements_are_shown_where_the_server_counts_them() -> None:
    counted = {"statements": {"SELECT $1": {"calls": 3.0, "exec_ms": 7.0}}}
    titles = [table.title for table in database_tables.tables(monitored({}, counted), 1)]
    assert titles[-1] == "SQL 文 / pg_stat_statements"
    assert len(list(database_tables.tables(monitored({}, {}), 1))) == len(titles) - 1
