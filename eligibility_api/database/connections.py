"""Connections of one process to the database, of two kinds.

The hot path executes raw driver statements on its own pool (`pool.py`), all other code uses SQLAlchemy Core.
With either, one request is one transaction, and statements find rows by keys (`plans.py`). `db_errors.py`
defines which errors are outages.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from eligibility_api.database.coalescing import Coalesced, Coalescer, InProgress
from eligibility_api.database.db_errors import translate_db_errors
from eligibility_api.database.pacing import Pacer
from eligibility_api.database.plans import SESSION_SETTINGS, WHOLE_FILE_SECONDS
from eligibility_api.database.pool import ACQUIRE_SECONDS, ConnectionPool
from eligibility_api.database.revisions import session_name
from eligibility_api.database.servers import Servers

ENGINE_CONNECTIONS = 4
"""Connections of one process besides the hot path's pool, by default."""

_BEGIN_TRANSACTION = text("SELECT")
_RUNNING_REQUESTS = text("SELECT running_requests()")

APPLICATION_NAME = "eligibility-api"
"""The name of sessions that answer requests: jobs yield to them (`running_requests` in the database).

The program's schema revision follows it (`revisions.py`).
"""

JOBS_APPLICATION_NAME = "eligibility-api jobs"
"""The name of the sessions of jobs and of the scheduler."""

_DRIVER_MARGIN_SECONDS = 1.0
"""How much longer the driver waits than the server, whose timeout error is more specific."""


ENGINE_URL = "postgresql+asyncpg://"
"""SQLAlchemy's URL of every engine, whose connections `Servers` opens."""


class Database:
    """The connections of one process under one role, opened and closed with the process.

    `statement_seconds` limits a statement, `lock_seconds` its wait for another transaction; jobs extend the
    former for a statement over a whole file (`plans.whole_file`). `dsn` may name several servers (`servers.py`),
    and is refused by an OperatorError if it cannot be read. An outage is raised as
    `database-unavailable`, a pool that stays exhausted as `overloaded`. If not `durable`, a commit does not
    wait for the disk: only for work whose results are published after a later durable commit.
    """

    def __init__(
        self,
        dsn: str,
        *,
        pool_connections: int = 8,
        engine_connections: int = ENGINE_CONNECTIONS,
        statement_seconds: float = 5.0,
        lock_seconds: float = 2.0,
        durable: bool = True,
        application_name: str = APPLICATION_NAME,
        pacer: Pacer | None = None,
    ) -> None:
        self._pool_connections = pool_connections
        self._connections: ConnectionPool | None = None
        self._coalescers: dict[tuple[Any, ...], Coalescer] = {}
        self._in_progress = InProgress()
        self._pacer = pacer or Pacer()
        is_job = application_name == JOBS_APPLICATION_NAME
        max_seconds = max(statement_seconds, WHOLE_FILE_SECONDS) if is_job else statement_seconds
        session: dict[str, Any] = {
            "command_timeout": max_seconds + _DRIVER_MARGIN_SECONDS,
            "server_settings": {
                "statement_timeout": f"{statement_seconds * 1000:.0f}",
                "lock_timeout": f"{lock_seconds * 1000:.0f}",
                "application_name": session_name(application_name),
                **SESSION_SETTINGS,
                **({} if durable else {"synchronous_commit": "off"}),
            },
            # By default the driver prepares each statement again after five minutes.
            "max_cached_statement_lifetime": 0,
        }
        self._servers = Servers(dsn, seconds=ACQUIRE_SECONDS, **session)
        self._engine: AsyncEngine = create_async_engine(
            ENGINE_URL,
            async_creator=self._servers.connect,
            pool_size=engine_connections,
            max_overflow=0,
            pool_timeout=ACQUIRE_SECONDS,
            pool_pre_ping=True,
            hide_parameters=True,
        )

    async def open(self) -> None:
        """Create the hot path's pool.

        It connects at the first use, so that a process also starts while the database is unavailable.
        """
        self._connections = ConnectionPool(self._servers.connect, self._pool_connections)

    async def close(self) -> None:
        """Close every connection after its running statement, or terminate it after a timeout."""
        if self._connections is not None:
            await self._connections.close()
        await self._engine.dispose()

    async def fetch(self, statement: str, parameters: Sequence[Any]) -> list[asyncpg.Record]:
        """Execute one statement on the hot path, in its own transaction; prepared once per connection."""
        with translate_db_errors():
            if self._connections is None:
                raise asyncpg.InterfaceError("the pool is not open")
            return await self._connections.fetch(statement, parameters)

    async def fetch_together(self, kind: Coalesced, values: Mapping[str, Any]) -> list[asyncpg.Record]:
        """Execute a statement on the hot path, together with requests of its kind that arrive meanwhile."""
        group = kind.group(values)
        coalescer = self._coalescers.get(group)
        if coalescer is None:
            coalescer = self._coalescers[group] = self._coalescer(kind)
        return await coalescer.fetch(values)

    def _coalescer(self, kind: Coalesced) -> Coalescer:
        return Coalescer(kind, self.fetch, self._in_progress)

    async def warm_up(self, statements: Sequence[str]) -> None:
        """Open every connection of the hot path, and plan `statements` on each; an outage is raised as usual."""
        with translate_db_errors():
            if self._connections is not None:
                await self._connections.warm_up(statements)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A transaction of SQLAlchemy Core: committed at the end, rolled back by an exception."""
        with translate_db_errors():
            async with self._engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncConnection]:
        """A connection for many transactions, closed at the end: for what ends with it, such as an advisory lock."""
        with translate_db_errors():
            async with self._engine.connect() as connection:
                try:
                    yield connection
                finally:
                    await connection.invalidate()

    @asynccontextmanager
    async def step(self, *, min_rest: float = 0.0) -> AsyncIterator[AsyncConnection]:
        """A transaction of a job, followed by a rest (`pacing.py`); at least `min_rest` times its duration.

        It must be bounded: it reads and writes a limited number of rows, and waits for nobody but the
        database.
        """
        began = self._pacer.now()
        async with self.transaction() as connection:
            yield connection
            running = (await connection.execute(_RUNNING_REQUESTS)).scalar_one()
        await self._pacer.rest(began, running, min_ratio=min_rest)


async def copy(
    connection: AsyncConnection,
    table: str,
    columns: Sequence[str],
    records: Iterable[Sequence[Any]],
    *,
    schema: str | None = None,
) -> None:
    """COPY records into a table, in binary format, inside the connection's transaction."""
    # The driver's COPY does not begin SQLAlchemy's transaction by itself.
    await connection.execute(_BEGIN_TRANSACTION)
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    await driver.copy_records_to_table(table, schema_name=schema, columns=columns, records=records)
