"""The deployment that is measured, read from its processes, its database and its own command; the meter."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, cast

import asyncpg
import pytest

from loadtest.errors import LoadError
from loadtest.machine import processes
from loadtest.machine.costs import API as API_KIND
from loadtest.machine.costs import DATABASE as DATABASE_KIND
from loadtest.machine.roles import COORDINATOR, JLIS, JOBS, SCHEDULER, SUPERVISOR
from loadtest.planning import meter as meter_module
from loadtest.planning.costs import API, BACKGROUND, BUSY, DATABASE, DOWN, STORED, UP, WAL
from loadtest.planning.deployment import Deployment, inspect_deployment
from loadtest.planning.meter import Meter
from loadtest.planning.wire import MeteredConnectionPool
from loadtest.target import TargetEnvironment

MIB = 2**20
KINDS = {10: SUPERVISOR, 11: API_KIND, 12: API_KIND, 13: SCHEDULER, 14: JOBS, 30: DATABASE_KIND, 31: DATABASE_KIND, 32: DATABASE_KIND}  # fmt: skip
MEMORY = {10: 30.0, 11: 90.0, 12: 110.0, 13: 40.0, 14: 50.0, 30: 20.0, 31: 6.0, 32: 8.0}
SETTINGS = {"shared_buffers": 128 * MIB, "max_connections": 88, "superuser_reserved_connections": 3}


class FakeMeter:
    """The processes, and the rows of each query."""

    def __init__(self, kinds: Mapping[int, str] = KINDS, **changes: Any) -> None:
        self._kinds = kinds
        self.settings = SETTINGS | changes
        self.versions = 1000

    def processes(self) -> Mapping[int, str]:
        return self._kinds

    async def query(self, statement: str) -> list[dict[str, Any]]:
        if "pg_settings" in statement:
            return [{"name": name, "value": value} for name, value in self.settings.items()]
        if "pg_stat_activity" in statement:
            return [{"pid": 31}, {"pid": 32}]
        return [{"versions": self.versions, "bytes": 900_000, "index_bytes": 400_000}]


class Target:
    """The fund's own statement of its connections."""

    def run(self, program: str, command: tuple[str, ...]) -> str:
        assert (program, command) == ("eligibility-api", ("db-connections", "--workers", "1"))
        return json.dumps({"api_worker_pool": 8, "api_worker": 12, "total": 46})


def inspected(meter: FakeMeter | None = None) -> Deployment:
    fake = cast(Meter, meter or FakeMeter())
    return asyncio.run(inspect_deployment(cast(TargetEnvironment, Target()), fake, 300.0))


@pytest.fixture(autouse=True)
def _memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "unshared_mib", MEMORY.__getitem__)


def test_memory_is_that_of_the_largest_worker_and_the_mean_session() -> None:
    found = inspected()
    assert (found.workers, found.worker_mib, found.session_mib) == (2, 110.0, 7.0)
    assert found.other_mib == 30 + 40 + 50 + 20
    assert found.shared_buffers_mib == 128.0


def test_connections_are_those_that_the_fund_states_for_one_worker() -> None:
    found = inspected()
    assert (found.pool_connections, found.worker_connections, found.other_connections) == (8, 12, 34)
    assert found.max_connections == 88


@pytest.mark.parametrize(("changes", "reserved"), [({}, 3), ({"reserved_connections": 4}, 7)])
def test_every_kind_of_reserved_connection_counts(changes: dict[str, Any], reserved: int) -> None:
    assert inspected(FakeMeter(**changes)).reserved_connections == reserved


def test_an_enrolment_has_its_share_of_tables_and_indexes() -> None:
    found = inspected()
    assert (found.enrolment_bytes, found.enrolment_index_bytes) == (900.0, 400.0)
    empty = FakeMeter()
    empty.versions = 0
    assert inspected(empty).enrolment_bytes == 900_000


@pytest.mark.parametrize("gone", [{11, 12}, {31, 32}], ids=["workers", "sessions"])
def test_processes_that_have_ended_end_the_measurement(gone: set[int]) -> None:
    left = {pid: kind for pid, kind in KINDS.items() if pid not in gone}
    with pytest.raises(LoadError, match="have ended"):
        inspected(FakeMeter(left))


class FakeDatabase:
    """A connection with given sizes of tables and sessions."""

    opened = 0

    def __init__(self) -> None:
        FakeDatabase.opened += 1
        self.is_closed = False

    async def fetch(self, statement: str, *_: object) -> list[dict[str, Any]]:
        if "pg_stat_activity" in statement:
            return [{"state": "active", "sessions": 3}, {"state": "idle", "sessions": 9}]
        return [{"name": "audit_record", "bytes": 8192.0}]

    async def fetchval(self, statement: str) -> float:
        assert "pg_current_wal_insert_lsn" in statement
        return 5000.0

    async def close(self, timeout: float) -> None:
        self.is_closed = True


@pytest.fixture
def meter(monkeypatch: pytest.MonkeyPatch) -> Meter:
    pool = MeteredConnectionPool("http://127.0.0.1:1", max_connections=1, timeout_seconds=1)
    pool.up, pool.down = 700, 900

    async def connect(*_: object, **__: object) -> FakeDatabase:
        return FakeDatabase()

    monkeypatch.setattr(asyncpg, "connect", connect)
    monkeypatch.setattr(meter_module, "_SAMPLE_SECONDS", 0.0)
    monkeypatch.setattr(processes, "cpu_seconds", float)
    environment = {
        "TERMINAL_FUND_URL": "http://127.0.0.1:1",
        "FUND_HOME": "f",
        "FUND_DATABASE_URL": "postgresql://x",
    }
    made = Meter(TargetEnvironment(environment, None), pool)
    found = KINDS | {20: JLIS, 1: COORDINATOR}
    monkeypatch.setattr(type(made._roles), "find", lambda _: found)
    return made


def test_processor_time_is_summed_by_quantity_without_j_lis_and_the_generator(meter: Meter) -> None:
    async def run() -> Mapping[str, float]:
        async with meter:
            return (await meter.read()).amounts

    amounts = asyncio.run(run())
    assert (amounts[API], amounts[DATABASE], amounts[BACKGROUND]) == (11 + 12, 30 + 31 + 32, 10 + 13 + 14)
    assert (amounts[UP], amounts[DOWN], amounts[WAL]) == (700, 900, 5000.0)
    assert amounts[f"{STORED}audit_record"] == 8192.0


def test_only_active_sessions_count_as_busy(meter: Meter) -> None:
    async def run() -> float:
        async with meter:
            before = await meter.read()
            while (await meter.read()).amounts[BUSY] == before.amounts[BUSY]:
                await asyncio.sleep(0)
            after = await meter.read()
        return (after.amounts[BUSY] - before.amounts[BUSY]) / (after.at - before.at)

    assert 0 < asyncio.run(run()) < 9


def test_both_connections_are_closed_at_the_end(meter: Meter) -> None:
    async def run() -> list[Any]:
        async with meter:
            return list(meter._connections)

    connections = asyncio.run(run())
    assert len(connections) == 2
    assert all(one.is_closed for one in connections)


@pytest.mark.parametrize("kinds", [{}, {11: API_KIND}, {30: DATABASE_KIND}])
def test_a_fund_on_another_machine_cannot_be_measured(
    meter: Meter, monkeypatch: pytest.MonkeyPatch, kinds: dict[int, str]
) -> None:
    monkeypatch.setattr(type(meter._roles), "find", lambda _: kinds)

    async def run() -> None:
        async with meter:
            raise AssertionError

    with pytest.raises(LoadError, match="must run on this machine"):
        asyncio.run(run())


def test_a_database_that_refuses_is_reported_before_the_load(
    meter: Meter, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise asyncpg.InvalidPasswordError("not permitted")

    monkeypatch.setattr(asyncpg, "connect", refuse)

    async def run() -> None:
        async with meter:
            raise AssertionError

    with pytest.raises(LoadError, match="cannot be read: not permitted"):
        asyncio.run(run())


def test_a_sampling_that_failed_ends_the_next_reading(meter: Meter, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lost(*_: object) -> None:
        raise asyncpg.InterfaceError("connection lost")

    async def run() -> None:
        async with meter:
            monkeypatch.setattr(FakeDatabase, "fetch", lost)
            while meter._sampling is not None and not meter._sampling.done():
                await asyncio.sleep(0)
            await meter.read()

    with pytest.raises(asyncpg.InterfaceError, match="connection lost"):
        asyncio.run(run())
