"""Monitors a database during a run: statistics before and after it, samples of the sessions within it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter
from types import TracebackType
from typing import Any, Self

import asyncpg

from loadtest.database.dsn import DatabaseUnreachable
from loadtest.database.statistics import StatisticsDelta, StatisticsSnapshot, delta, read_statistics
from loadtest.database.waits import SESSIONS_QUERY, WaitSamples
from loadtest.tasks import cancel_and_wait

_SAMPLES_PER_SECOND = 5
_TIMEOUT_SECONDS = 5.0
_RETRY_SECONDS = 1.0
_CONNECTION_LOST = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # raised by asyncpg when a server ends in the middle of an answer
    DatabaseUnreachable,
)
"""The server is down or not yet up. Monitoring resumes when it is back."""


class DatabaseMonitor:
    """A context manager around a run.

    A database that cannot be reached is counted and does not disturb the run.

    `dsn` is called before each connection, and may raise DatabaseUnreachable.
    """

    def __init__(self, dsn: Callable[[], str]) -> None:
        self.waits = WaitSamples()
        self.failed_samples = 0
        self.before: StatisticsSnapshot | None = None
        self.after: StatisticsSnapshot | None = None
        self._dsn = dsn
        self._sampling: asyncio.Task[None] | None = None

    @property
    def delta(self) -> StatisticsDelta | None:
        """The change of the statistics, if they could be read both times."""
        return delta(self.before, self.after) if self.before and self.after else None

    async def __aenter__(self) -> Self:
        self.before = await self._read()
        self._sampling = asyncio.create_task(self._sample())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._sampling is not None
        await cancel_and_wait(self._sampling)
        self.after = await self._read()

    async def _read(self) -> StatisticsSnapshot | None:
        """Read the statistics, with one retry: the server may be restarting."""
        for pause in (_RETRY_SECONDS, 0.0):
            with suppress(*_CONNECTION_LOST):
                connection = await self._connect()
                try:
                    return await read_statistics(connection)
                finally:
                    await connection.close(timeout=_RETRY_SECONDS)
            await asyncio.sleep(pause)
        return None

    async def _sample(self) -> None:
        """Sample the sessions repeatedly, until this is cancelled."""
        while True:
            connection: Any = None
            try:
                connection = await self._connect()
                while True:
                    self.waits.add(perf_counter(), await connection.fetch(SESSIONS_QUERY))
                    await asyncio.sleep(1 / _SAMPLES_PER_SECOND)
            except _CONNECTION_LOST:
                self.failed_samples += 1
                await asyncio.sleep(_RETRY_SECONDS)
            finally:
                if connection is not None:
                    with suppress(*_CONNECTION_LOST):
                        await connection.close(timeout=_RETRY_SECONDS)

    async def _connect(self) -> asyncpg.Connection:
        # A command timeout: on an overloaded server monitoring is the first to give way.
        return await asyncpg.connect(
            self._dsn(),
            timeout=_TIMEOUT_SECONDS,
            command_timeout=_TIMEOUT_SECONDS,
            server_settings={"application_name": "loadtest monitor", "jit": "off"},
        )
