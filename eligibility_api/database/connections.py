"""Database connections of a process: a pool for single statements, and an SQLAlchemy engine for transactions.

The hot path sends raw driver statements on a pool of its own; everything else uses SQLAlchemy Core. One request is one
transaction in both. `db_errors.py` translates the errors of both.
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
"""Default number of connections of a process for everything except the hot path."""

_BEGIN = text("SELECT")
_ONE_PLAN = {
    # One generic plan per statement: a plan for each set of parameters costs more than it saves.
    "plan_cache_mode": "force_generic_plan",
    # Every hot-path statement finds its rows by key. A cached plan lives as long as its connection: one made while the
    # tables were small, or before statistics of loaded data existed, would still scan them when they are large.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
"""Settings of the hot path's sessions."""

_SERVER_FIRST_SECONDS = 1.0
"""Extra seconds that the driver waits, so that the server's more specific error comes first."""


def sqlalchemy_url(dsn: str) -> URL:
    """Return SQLAlchemy's URL for a libpq-style `dsn` (a Unix socket is the query parameter `host`)."""
    return make_url(dsn).set(drivername="postgresql+asyncpg")


class Database:
    """Connections of one process under one role, opened and closed with the process.

    A statement may take `statement_seconds`, and wait `lock_seconds` for another transaction. Every outage raises
    `database-unavailable`; a pool that stays full raises `overloaded`. If not `durable`, a commit does not wait for the
    disk: for work whose result nobody learns before a later durable commit.
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
        """Create the hot path's pool. It connects at first use, so a process can start while the database is down."""
        session = self._session | {"server_settings": self._session["server_settings"] | _ONE_PLAN}
        self._connections = ConnectionPool(
            partial(asyncpg.connect, self._dsn, **session), self._pool_connections
        )

    async def close(self) -> None:
        """Close every connection after its running statement; terminate those not returned in time."""
        if self._connections is not None:
            await self._connections.close()
        await self._engine.dispose()

    async def fetch(self, statement: str, parameters: Sequence[Any]) -> list[asyncpg.Record]:
        """Run one hot-path statement: prepared once per connection, in its own transaction."""
        with translate_db_errors():
            if self._connections is None:
                raise asyncpg.InterfaceError("the database is not open")
            return await self._connections.fetch(statement, parameters)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction through SQLAlchemy Core: committed at the end, rolled back on an exception."""
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
    # The driver's COPY does not begin SQLAlchemy's transaction.
    await connection.execute(_BEGIN)
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    await driver.copy_records_to_table(table, schema_name=schema, columns=columns, records=records)
