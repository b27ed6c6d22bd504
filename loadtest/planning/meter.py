"""The meter: what the machine, the database and the wire have come to, read before a stretch of asking and after it."""

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
from loadtest.http_client.connection import Reply
from loadtest.http_client.pool import ConnectionPool
from loadtest.machine import processes
from loadtest.machine.costs import API as API_KIND
from loadtest.machine.costs import DATABASE as DATABASE_KIND
from loadtest.machine.roles import JOBS, SCHEDULER, SUPERVISOR, ProcessRoles
from loadtest.planning import wire
from loadtest.planning.costs import API, BESIDE, BUSY, DATABASE, DOWN, STORED, UP, WAL, Taken
from loadtest.target import LoadError, TargetEnvironment
from loadtest.tasks import cancel_and_wait

_QUANTITIES = {
    API_KIND: API,
    DATABASE_KIND: DATABASE,
    SUPERVISOR: BESIDE,
    SCHEDULER: BESIDE,
    JOBS: BESIDE,
}
"""Whose processor time is counted as what; that of J-LIS and of this process is nobody's of the fund."""

_LOOK_SECONDS = 0.05
_LOG = "SELECT (pg_current_wal_insert_lsn() - '0/0')::float8"
_SIZES = """
SELECT coalesce(pg_partition_root(c.oid), c.oid)::regclass::text AS name, sum(pg_total_relation_size(c.oid))::float8 AS bytes
FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY 1
"""


class MeteredConnectionPool(ConnectionPool):
    """A pool that knows what its messages are on the wire."""

    def __init__(self, url: str, *, max_connections: int, timeout_seconds: float) -> None:
        super().__init__(url, max_connections=max_connections, timeout_seconds=timeout_seconds)
        self.up = self.down = 0

    async def exchange(self, data: bytes) -> Reply:
        """As any pool's."""
        reply = await super().exchange(data)
        self.up += wire.up(len(data), reply.size)
        self.down += wire.down(reply.size)
        return reply


@dataclass(frozen=True, slots=True)
class Reading:
    """Where everything stood at an instant."""

    at: float
    amounts: Mapping[str, float]

    def since(self, earlier: Reading, requests: Mapping[str, int]) -> Taken:
        """What was taken since, by so many requests. A table that went with its hour did not shrink."""
        amounts = {
            name: max(0.0, amount - earlier.amounts.get(name, 0.0)) for name, amount in self.amounts.items()
        }
        return Taken(self.at - earlier.at, requests, amounts)


class Meter:
    """A context manager, which looks at the database's sessions as long as it is open. Raises LoadError, OSError."""

    def __init__(self, target: TargetEnvironment, pool: MeteredConnectionPool) -> None:
        self._pool = pool
        self._way = partial(operator_dsn, target.environment)
        self._roles = ProcessRoles(
            target.fund_url, target.fund_home, external_dsn(target.environment), None, tuple, os.getpid()
        )
        self._busy = 0.0
        self._looking: asyncio.Task[None] | None = None
        self._connections: list[asyncpg.Connection] = []

    async def __aenter__(self) -> Self:
        if not {API_KIND, DATABASE_KIND} <= {*self.processes().values()}:
            raise LoadError(
                "what requests cost is read from this machine: API and database have to run on it"
            )
        try:
            self._connections = [await asyncpg.connect(self._way(), timeout=10) for _ in range(2)]
        except (DatabaseUnreachable, asyncpg.PostgresError) as error:
            raise LoadError(f"what requests cost the database cannot be read: {error}") from error
        self._looking = asyncio.create_task(self._look())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._looking is not None
        await cancel_and_wait(self._looking)
        for connection in self._connections:
            await connection.close(timeout=5)

    async def read(self) -> Reading:
        """Everything as it stands now."""
        assert self._looking is not None
        if self._looking.done():
            await self._looking  # raises what ended it
        amounts = dict.fromkeys(_QUANTITIES.values(), 0.0)
        for pid, kind in self.processes().items():
            amounts[_QUANTITIES[kind]] += processes.cpu_seconds(pid)
        connection = self._connections[0]
        sizes = {f"{STORED}{row['name']}": row["bytes"] for row in await connection.fetch(_SIZES)}
        more = {
            WAL: await connection.fetchval(_LOG),
            BUSY: self._busy,
            UP: self._pool.up,
            DOWN: self._pool.down,
        }
        return Reading(perf_counter(), {**amounts, **sizes, **more})

    def processes(self) -> dict[int, str]:
        """The fund's processes and the database's, by their numbers."""
        return {pid: kind for pid, kind in self._roles.find().items() if kind in _QUANTITIES}

    async def ask(self, statement: str, *parameters: object) -> list[asyncpg.Record]:
        """Rows of the fund's database."""
        rows: list[asyncpg.Record] = await self._connections[0].fetch(statement, *parameters)
        return rows

    async def _look(self) -> None:
        """Add up how many sessions are busy, until this is cancelled."""
        last = perf_counter()
        while True:
            rows = await self._connections[1].fetch(SESSIONS_QUERY)
            now = perf_counter()
            self._busy += (now - last) * sum(row["sessions"] for row in rows if row["state"] == "active")
            last = now
            await asyncio.sleep(_LOOK_SECONDS)
