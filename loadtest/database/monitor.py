"""Watching a database while something runs against it: statistics around it, looks at its sessions within it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter
from types import TracebackType
from typing import Any, Self

import asyncpg

from loadtest.database.delta import StatisticsDelta, delta
from loadtest.database.dsn import DatabaseUnreachable
from loadtest.database.statistics import Reading, read
from loadtest.database.waits import STATEMENT, WaitSamples
from loadtest.tasks import called_off

_LOOKS_PER_SECOND = 5
_PATIENCE_SECONDS = 5.0
_PAUSE_SECONDS = 1.0
_LOST = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what asyncpg makes of a server that ends in the middle of an answer
    DatabaseUnreachable,
)
"""A server that is gone, or not there yet. Watching goes on when it is back."""


class DatabaseMonitor:
    """A context manager around what is watched. A database that cannot be reached is told, and disturbs nothing.

    `dsn` is asked for before each connection, and may raise NoWayError.
    """

    def __init__(self, dsn: Callable[[], str]) -> None:
        self.waits = WaitSamples()
        self.missed = 0
        """Looks that did not succeed."""
        self.before: Reading | None = None
        self.after: Reading | None = None
        self._dsn = dsn
        self._looking: asyncio.Task[None] | None = None

    @property
    def delta(self) -> StatisticsDelta | None:
        """What the database did in between, where it could be read both times."""
        return delta(self.before, self.after) if self.before and self.after else None

    async def __aenter__(self) -> Self:
        self.before = await self._read()
        self._looking = asyncio.create_task(self._look())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._looking is not None
        await called_off(self._looking)
        self.after = await self._read()

    async def _read(self) -> Reading | None:
        """Twice where need be: a server may be about to come back."""
        for pause in (_PAUSE_SECONDS, 0.0):
            with suppress(*_LOST):
                connection = await self._connect()
                try:
                    return await read(connection)
                finally:
                    await connection.close(timeout=_PAUSE_SECONDS)
            await asyncio.sleep(pause)
        return None

    async def _look(self) -> None:
        """Look, again and again, until this is cancelled."""
        while True:
            connection: Any = None
            try:
                connection = await self._connect()
                while True:
                    self.waits.take(perf_counter(), await connection.fetch(STATEMENT))
                    await asyncio.sleep(1 / _LOOKS_PER_SECOND)
            except _LOST:
                self.missed += 1
                await asyncio.sleep(_PAUSE_SECONDS)
            finally:
                if connection is not None:
                    with suppress(*_LOST):
                        await connection.close(timeout=_PAUSE_SECONDS)

    async def _connect(self) -> asyncpg.Connection:
        # A statement timeout: on a server that is too busy, watching is the first to give way.
        return await asyncpg.connect(
            self._dsn(),
            timeout=_PATIENCE_SECONDS,
            command_timeout=_PATIENCE_SECONDS,
            server_settings={"application_name": "loadtest watch", "jit": "off"},
        )
