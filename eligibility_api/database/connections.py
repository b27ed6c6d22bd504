"""The ways to the database.

Two of them, for two kinds of work: raw driver statements on a pool of their own for the hot path, and SQLAlchemy
Core for everything else. One request is one transaction in either. What its absence means is `outage.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from eligibility_api.database.db_errors import translate_db_errors
from eligibility_api.database.pool import ACQUIRE_SECONDS, ConnectionPool

ENGINE_CONNECTIONS = 4
"""Connections of one process for everything but the hot path, unless it needs more."""

_BEGIN = text("SELECT")
_ONE_PLAN = {
    # One plan for whoever is asked about: planning anew costs more than it can save, and differs by what is asked.
    "plan_cache_mode": "force_generic_plan",
    # All that the hot path asks is found by its key. A plan stays with a connection for long: made while tables were
    # small, or before there were statistics of what was loaded, it would read them whole when they are a nation's.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
"""Settings of the hot path's sessions."""

_SERVER_FIRST_SECONDS = 1.0
"""By how much the driver waits longer than the server, which tells more."""


def sqlalchemy_url(dsn: str) -> URL:
    """SQLAlchemy's URL for a libpq-style `dsn` (a Unix socket stands in the query as `host`)."""
    return make_url(dsn).set(drivername="postgresql+asyncpg")


class Database:
    """Connections of one process under one role. Opened and closed with the process.

    A statement may take `statement_seconds`, and wait `lock_seconds` for another transaction. Every way of being left
    without a decision is `database-unavailable`; a pool that stays full is `overloaded`. One that is not `durable` does
    not wait for the disk at a commit: for work that is told to nobody before a durable commit has come after it.
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
    ) -> None:
        self._dsn = dsn
        self._pool_connections = pool_connections
        self._connections: ConnectionPool | None = None
        self._session: dict[str, Any] = {
            "timeout": ACQUIRE_SECONDS,
            "command_timeout": statement_seconds + _SERVER_FIRST_SECONDS,
            "server_settings": {
                "statement_timeout": f"{statement_seconds * 1000:.0f}",
                "lock_timeout": f"{lock_seconds * 1000:.0f}",
                "application_name": "eligibility-api",
                **({} if durable else {"synchronous_commit": "off"}),
            },
        }
        self._engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(dsn),
            pool_size=engine_connections,
            max_overflow=0,
            pool_timeout=ACQUIRE_SECONDS,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args=self._session,
        )

    async def open(self) -> None:
        """Make the hot path's pool; it connects at first use, so that a process starts also while the database is away."""
        session = self._session | {"server_settings": self._session["server_settings"] | _ONE_PLAN}
        self._connections = ConnectionPool(
            partial(asyncpg.connect, self._dsn, **session), self._pool_connections
        )

    async def close(self) -> None:
        """Close every connection, after what runs on it; one that does not come back in time is cut."""
        if self._connections is not None:
            await self._connections.close()
        await self._engine.dispose()

    async def fetch(self, statement: str, parameters: Sequence[Any]) -> list[asyncpg.Record]:
        """One statement on the hot path: prepared once a connection, a transaction of its own."""
        with translate_db_errors():
            if self._connections is None:
                raise asyncpg.InterfaceError("the database is not open")
            return await self._connections.fetch(statement, parameters)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A unit of work through SQLAlchemy Core: committed at the end, rolled back by an exception."""
        with translate_db_errors():
            async with self._engine.begin() as connection:
                yield connection


async def copy(
    connection: AsyncConnection,
    table: str,
    columns: Sequence[str],
    records: Iterable[Sequence[Any]],
    *,
    schema: str | None = None,
) -> None:
    """COPY records into a table, in binary, inside the connection's transaction."""
    # The driver's COPY does not begin SQLAlchemy's transaction by itself.
    await connection.execute(_BEGIN)
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    await driver.copy_records_to_table(table, schema_name=schema, columns=columns, records=records)
