"""The ways to the database, and what its absence means.

Two of them, for two kinds of work: raw driver statements on a pool of their own for the hot path, and SQLAlchemy
Core for everything else. One request is one transaction in either. Whatever fails on the way there or inside is one
error of the family, `database-unavailable`; a pool that stays full is `overloaded`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from eligibility_api.contract.errors import ShikakuError

RETRY_AFTER_SECONDS = 5
"""What a client is told to wait when the database cannot serve it."""

_ACQUIRE_SECONDS = 2.0
_STATEMENT_SECONDS = 5.0
_SESSION = {"statement_timeout": "5s", "lock_timeout": "2s", "application_name": "eligibility-api"}
_UNAVAILABLE = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InternalClientError,
    OSError,
)
"""Connection lost or refused, server shutting down or starting, out of resources (SQLSTATE classes 08, 53, 57)."""


def sqlalchemy_url(dsn: str) -> URL:
    """SQLAlchemy's URL for a libpq-style `dsn` (a Unix socket stands in the query as `host`)."""
    return make_url(dsn).set(drivername="postgresql+asyncpg")


class Database:
    """Connections of one process under one role. Opened and closed with the process."""

    def __init__(self, dsn: str, *, pool_connections: int = 8) -> None:
        self._dsn = dsn
        self._pool_connections = pool_connections
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(dsn),
            pool_size=5,
            max_overflow=5,
            pool_timeout=_ACQUIRE_SECONDS,
            hide_parameters=True,
            connect_args={"server_settings": _SESSION, "timeout": _ACQUIRE_SECONDS},
        )

    async def open(self) -> None:
        """Make the hot path's pool; it connects at first use, so that a process starts also while the database is away."""
        self._pool = await asyncpg.create_pool(
            self._dsn,
            min_size=0,
            max_size=self._pool_connections,
            timeout=_ACQUIRE_SECONDS,
            command_timeout=_STATEMENT_SECONDS,
            server_settings=_SESSION,
        )

    async def close(self) -> None:
        """Close every connection, after what runs on it; one that does not come back in time is cut."""
        if self._pool is not None:
            try:
                await asyncio.wait_for(self._pool.close(), _STATEMENT_SECONDS)
            except TimeoutError:
                self._pool.terminate()
        await self._engine.dispose()

    async def fetch(self, statement: str, parameters: Sequence[Any]) -> list[asyncpg.Record]:
        """One statement on the hot path: prepared once a connection, a transaction of its own."""
        try:
            if self._pool is None:
                raise asyncpg.InterfaceError("the pool is not open")
            async with self._pool.acquire(timeout=_ACQUIRE_SECONDS) as connection:
                rows: list[asyncpg.Record] = await connection.fetch(statement, *parameters)
                return rows
        except TimeoutError as error:
            raise ShikakuError("overloaded", retry_after=RETRY_AFTER_SECONDS) from error
        except _UNAVAILABLE as error:
            raise ShikakuError("database-unavailable", retry_after=RETRY_AFTER_SECONDS) from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A unit of work through SQLAlchemy Core: committed at the end, rolled back by an exception."""
        try:
            async with self._engine.begin() as connection:
                yield connection
        except PoolTimeout as error:
            raise ShikakuError("overloaded", retry_after=RETRY_AFTER_SECONDS) from error
        except (*_UNAVAILABLE, TimeoutError, OperationalError, InterfaceError) as error:
            raise ShikakuError("database-unavailable", retry_after=RETRY_AFTER_SECONDS) from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise ShikakuError("database-unavailable", retry_after=RETRY_AFTER_SECONDS) from error
            raise
