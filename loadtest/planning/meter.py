"""Reads the cumulative consumption of processors, database and network, before and after a period."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from types import TracebackType
from typing import Self

import asyncpg

from loadtest.database.dsn import DatabaseUnreachable, external_dsn, operator_dsn
from loadtest.database.waits import SESSIONS_QUERY
from loadtest.errors import LoadError
from loadtest.machine import processes
from loadtest.machine.costs import API as API_KIND
from loadtest.machine.costs import DATABASE as DATABASE_KIND
from loadtest.machine.roles import JOBS, SCHEDULER, SUPERVISOR, ProcessRoles
from loadtest.planning.costs import API, BACKGROUND, BUSY, DATABASE, DOWN, STORED, UP, WAL, Consumption
from loadtest.planning.wire import MeteredConnectionPool
from loadtest.target import TargetEnvironment
from loadtest.tasks import cancel_and_wait

_QUANTITIES = {
    API_KIND: API,
    DATABASE_KIND: DATABASE,
    SUPERVISOR: BACKGROUND,
    SCHEDULER: BACKGROUND,
    JOBS: BACKGROUND,
}
"""The quantity as which each kind's processor time counts; J-LIS and this process are not part of the fund.
"""

_SAMPLE_SECONDS = 0.05
_LOG = "SELECT (pg_current_wal_insert_lsn() - '0/0')::float8"
_SIZES = """
SELECT coalesce(pg_partition_root(c.oid), c.oid)::regclass::text AS name, sum(pg_total_relation_size(c.oid))::float8 AS bytes
FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class MeterReading:
    """The cumulative amounts at an instant."""

    at: float
    amounts: Mapping[str, float]

    def since(self, earlier: MeterReading, requests: Mapping[str, int]) -> Consumption:
        """The consumption since an earlier reading.

        A table whose partition was dropped counts as not shrunk.
        """
        amounts = {
            name: max(0.0, amount - earlier.amounts.get(name, 0.0)) for name, amount in self.amounts.items()
        }
        return Consumption(self.at - earlier.at, requests, amounts)


class Meter:
    """A context manager, which samples the database's sessions while it is open.

    Raises LoadError, OSError.
    """

    def __init__(self, target: TargetEnvironment, pool: MeteredConnectionPool) -> None:
        self._pool = pool
        self._dsn = partial(operator_dsn, target.environment)
        external = external_dsn(target.environment)
        self._roles = ProcessRoles(target.fund_url, target.fund_home, external, None, dict, os.getpid())
        self._busy = 0.0
        self._sampling: asyncio.Task[None] | None = None
        self._connections: list[asyncpg.Connection] = []

    async def __aenter__(self) -> Self:
        if not {API_KIND, DATABASE_KIND} <= {*self.processes().values()}:
            raise LoadError("API and database must run on this machine: costs are read from its processes")
        try:
            self._connections = [await asyncpg.connect(self._dsn(), timeout=10) for _ in range(2)]
        except (DatabaseUnreachable, asyncpg.PostgresError) as error:
            raise LoadError(f"the database's consumption cannot be read: {error}") from error
        self._sampling = asyncio.create_task(self._sample())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._sampling is not None
        await cancel_and_wait(self._sampling)
        for connection in self._connections:
            await connection.close(timeout=5)

    async def read(self) -> MeterReading:
        """Read all cumulative amounts."""
        assert self._sampling is not None
        if self._sampling.done():
            await self._sampling  # raises the error that ended it
        amounts = dict.fromkeys(_QUANTITIES.values(), 0.0)
        for pid, kind in self.processes().items():
            amounts[_QUANTITIES[kind]] += processes.cpu_seconds(pid)
        connection = self._connections[0]
        sizes = {f"{STORED}{row['name']}": row["bytes"] for row in await connection.fetch(_SIZES)}
        others = {
            WAL: await connection.fetchval(_LOG),
            BUSY: self._busy,
            UP: self._pool.up,
            DOWN: self._pool.down,
        }
        return MeterReading(perf_counter(), {**amounts, **sizes, **others})

    def processes(self) -> dict[int, str]:
        """The kinds of the fund's and the database's processes, by process id."""
        return {pid: kind for pid, kind in self._roles.find().items() if kind in _QUANTITIES}

    async def query(self, statement: str, *parameters: object) -> list[asyncpg.Record]:
        """Query the fund's database."""
        rows: list[asyncpg.Record] = await self._connections[0].fetch(statement, *parameters)
        return rows

    async def _sample(self) -> None:
        """Add up the time of active sessions, until this is cancelled."""
        last = perf_counter()
        while True:
            rows = await self._connections[1].fetch(SESSIONS_QUERY)
            now = perf_counter()
            self._busy += (now - last) * sum(row["sessions"] for row in rows if row["state"] == "active")
            last = now
            await asyncio.sleep(_SAMPLE_SECONDS)
