"""Monitoring of a database that may be away: nothing disturbs the run, and what is missing is counted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from loadtest.database import monitor as monitor_module
from loadtest.database.dsn import DatabaseUnreachable
from loadtest.database.monitor import DatabaseMonitor
from loadtest.database.statistics import by_key, read_statistics

ACTIVE = {"state": "active", "wait_event_type": "IO", "wait_event": "WalSync", "sessions": 2}


class Server:
    """A database: `commits` grow with each reading; `fails` raises at a connection or a query."""

    def __init__(self) -> None:
        self.commits = 1000
        self.connected = self.open = 0
        self.queries: list[str] = []
        self.fails: Callable[[str], None] = lambda _: None
        self.settings: list[dict[str, Any]] = []

    async def connect(self, dsn: str, **options: Any) -> FakeConnection:
        self.fails("connect")
        self.settings.append(options)
        self.connected += 1
        self.open += 1
        assert dsn == "postgresql://owner@here/fund"
        return FakeConnection(self)


class FakeConnection:
    def __init__(self, server: Server) -> None:
        self._server = server

    async def fetch(self, query: str) -> list[dict[str, Any]]:
        server = self._server
        server.fails(query)
        server.queries.append(query)
        if "pg_stat_activity" in query:
            return [ACTIVE]
        if "pg_stat_database" in query:
            server.commits += 100
            return [{"xact_commit": server.commits, "datname": "fund"}]
        if "pg_stat_io" in query:
            raise asyncpg.UndefinedTableError("this server is too old")
        if "pg_stat_wal" in query:
            return [{"wal_bytes": 5, "stats_reset": "2026-11-30"}]
        return []

    async def fetchval(self, query: str) -> Any:
        self._server.fails(query)
        if "server_version" in query:
            return "18.1"
        return "public" if "pg_extension" in query else True

    async def close(self, timeout: float) -> None:
        assert timeout > 0
        self._server.open -= 1


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server()
    monkeypatch.setattr(asyncpg, "connect", made.connect)
    monkeypatch.setattr(monitor_module, "_RETRY_SECONDS", 0.001)
    monkeypatch.setattr(monitor_module, "_SAMPLES_PER_SECOND", 10_000)
    return made


def monitored(
    until: Callable[[DatabaseMonitor], bool], dsn: Callable[[], str] = lambda: "postgresql://owner@here/fund"
) -> DatabaseMonitor:
    """Monitor until a condition holds."""

    async def run() -> DatabaseMonitor:
        async with asyncio.timeout(10), DatabaseMonitor(dsn) as monitor:
            while not until(monitor):
                await asyncio.sleep(0)
        return monitor

    return asyncio.run(run())


def test_statistics_are_read_before_and_after_and_sessions_in_between(server: Server) -> None:
    monitor = monitored(lambda one: one.waits.count >= 3)
    assert monitor.delta is not None
    assert monitor.delta.rows["database"] == {"": {"xact_commit": 100.0}}
    assert monitor.waits.means() == {"active": {"IO / WalSync": 2.0}}
    assert (monitor.failed_samples, server.open) == (0, 0)


def test_monitoring_is_the_first_to_give_way(server: Server) -> None:
    monitored(lambda one: one.waits.count >= 1)
    assert {options["command_timeout"] for options in server.settings} == {5.0}
    assert all(
        options["server_settings"]["application_name"] == "loadtest monitor" for options in server.settings
    )


def test_a_server_that_went_away_is_sampled_again_when_it_is_back(server: Server) -> None:
    def drop(query: str) -> None:
        if "pg_stat_activity" in query and len([q for q in server.queries if "activity" in q]) == 2:
            server.queries.append("activity")
            raise asyncpg.InterfaceError("connection lost")

    server.fails = drop
    monitor = monitored(lambda one: one.waits.count >= 4)
    assert monitor.failed_samples == 1
    assert monitor.delta is not None
    assert server.open == 0


@pytest.mark.parametrize(
    "error",
    [
        OSError("refused"),
        TimeoutError(),
        asyncpg.CannotConnectNowError("starting up"),
        asyncpg.InternalClientError("ended in an answer"),
        DatabaseUnreachable("it does not run"),
    ],
)
def test_an_unreachable_database_is_counted_and_has_no_statistics(server: Server, error: Exception) -> None:
    def fails(_: str) -> None:
        raise error

    server.fails = fails
    monitor = monitored(lambda one: one.failed_samples >= 3)
    assert (monitor.before, monitor.after, monitor.delta) == (None, None, None)
    assert monitor.waits.count == 0


def test_an_unknown_location_is_asked_for_again_at_each_attempt(server: Server) -> None:
    asked: list[int] = []

    def dsn() -> str:
        asked.append(1)
        if len(asked) < 6:
            raise DatabaseUnreachable("not yet")
        return "postgresql://owner@here/fund"

    monitor = monitored(lambda one: one.waits.count >= 1, dsn)
    assert monitor.before is None
    assert monitor.after is not None
    assert monitor.failed_samples >= 1


def test_another_error_is_no_outage_and_is_raised(server: Server) -> None:
    def fails(query: str) -> None:
        if "pg_stat_activity" in query:
            raise KeyError("state")

    server.fails = fails
    with pytest.raises(KeyError, match="state"):
        monitored(lambda one: one._sampling is not None and one._sampling.done())


def test_a_view_that_the_server_lacks_is_empty(server: Server) -> None:
    snapshot = asyncio.run(read_statistics(FakeConnection(server)))
    assert snapshot.rows["io"] == {}
    assert snapshot.rows["wal"] == {"": {"wal_bytes": 5.0}}
    assert (snapshot.server, snapshot.sees_all, snapshot.counted_since) == (
        "18.1",
        True,
        {"wal": "2026-11-30"},
    )


def test_statements_are_empty_where_the_extension_is_not_preloaded(server: Server) -> None:
    def fails(query: str) -> None:
        if "pg_stat_statements" in query and "pg_extension" not in query:
            raise asyncpg.ObjectNotInPrerequisiteStateError("must be loaded")

    server.fails = fails
    assert asyncio.run(read_statistics(FakeConnection(server))).rows["statements"] == {}


@pytest.mark.parametrize(
    ("key", "row", "expected"),
    [
        ((), {"a": 1, "b": None, "c": "text", "d": True, "numbackends": 3}, {"": {"a": 1.0}}),
        (("name",), {"name": "t", "rows": 2.5}, {"t": {"rows": 2.5}}),
        (("x", "y"), {"x": None, "y": 7, "rows": 1}, {"None / 7": {"rows": 1.0}}),
    ],
)
def test_only_numbers_that_count_are_kept(key: tuple[str, ...], row: dict[str, Any], expected: Any) -> None:
    assert by_key(key, [row]) == expected
