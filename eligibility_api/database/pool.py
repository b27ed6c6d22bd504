"""A minimal connection pool for single statements, used by the hot path.

The driver's own pool costs three times as much as the shortest statement: it resets a session, starts a task
for each release, and tracks idle time. Single statements leave no state in a session, so here a connection is
taken from a list and put back.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any
from weakref import WeakSet

import asyncpg
from sqlalchemy.exc import TimeoutError as PoolTimeout

from eligibility_api.platform.telemetry import DATABASE_CONNECTIONS, DATABASE_WAITING

ACQUIRE_SECONDS = 2.0
"""How long a request waits for a connection, and a new connection for the server."""

_CLOSE_SECONDS = 5.0

_PARAMETER = re.compile(r"\$(\d{1,2})")

Connect = Callable[[], Awaitable[Any]]
"""Opens a connection. Raises OSError, TimeoutError, asyncpg's errors."""


class ConnectionPool:
    """A pool of at most `max_connections` connections; the last one used is reused first.

    Requests wait in order of arrival while all connections are in use.
    """

    def __init__(self, connect: Connect, max_connections: int) -> None:
        self._connect = connect
        self._max_connections = max_connections
        self._connections: set[Any] = set()
        self._connecting = 0
        self._free: list[Any] = []
        self._waiters: deque[asyncio.Future[Any]] = deque()
        self._closing: set[asyncio.Task[None]] = set()
        _POOLS.add(self)

    @property
    def free(self) -> int:
        """The number of open connections that nobody uses."""
        return len(self._free)

    @property
    def used(self) -> int:
        """The number of open connections in use."""
        return len(self._connections) - len(self._free)

    @property
    def waiting(self) -> int:
        """The number of requests that wait for a connection."""
        return sum(not waiter.done() for waiter in self._waiters)

    async def fetch(self, statement: str, parameters: Sequence[Any]) -> list[asyncpg.Record]:
        """Execute one statement in its own transaction; prepared once per connection.

        Raises PoolTimeout if all connections stay in use, and the driver's errors.
        """
        connection = await self._acquire()
        try:
            rows: list[asyncpg.Record] = await connection.fetch(statement, *parameters)
        except asyncpg.ReadOnlySQLTransactionError:
            # This server is no primary any more: the next connection looks for the one that is.
            self._close_soon(connection)
            raise
        except asyncpg.PostgresError:
            self._release(connection)
            raise
        except BaseException:
            # Disconnected, timed out or cancelled: a statement may still be running on it.
            self._close_soon(connection)
            raise
        self._release(connection)
        return rows

    async def warm_up(self, statements: Sequence[str]) -> None:
        """Open the connections that are missing, one after the other, and let each plan `statements`.

        Planning all of them takes a new session a tenth of a second. Left to the requests, a moment in which they
        wait would open one session after another, and so last longer than its cause. Raises the driver's errors.
        """
        while len(self._connections) + self._connecting < self._max_connections:
            connection = await self._connect_new()
            try:
                await _plan(connection, statements)
            except BaseException:
                self._close_soon(connection)
                raise
            self._release(connection)

    async def close(self) -> None:
        """Close every connection after its running statement, or terminate it after a timeout."""
        self._max_connections = 0
        while self._free:
            self._close_soon(self._free.pop())
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                while self._connections or self._connecting:
                    await self._wait()
        for connection in list(self._connections):
            connection.terminate()

    async def _acquire(self) -> Any:
        """A free connection, a new one, or the next one released."""
        while self._free:
            connection = self._free.pop()
            if not connection.is_closed():
                return connection
            self._discard(connection)
        deadline = asyncio.get_running_loop().time() + ACQUIRE_SECONDS
        while len(self._connections) + self._connecting >= self._max_connections:
            try:
                async with asyncio.timeout_at(deadline):
                    connection = await self._wait()
            except TimeoutError as error:
                raise PoolTimeout("every connection is in use") from error
            if connection is not None:
                return connection
        return await self._connect_new()

    async def _connect_new(self) -> Any:
        self._connecting += 1
        try:
            connection = await self._connect()
        except BaseException:
            self._wake_next(None)
            raise
        finally:
            self._connecting -= 1
        self._connections.add(connection)
        return connection

    async def _wait(self) -> Any:
        """Wait for a released connection, or None when a new one may be opened."""
        waiter: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            # Cancelled after a connection was assigned: it belongs to the next waiter.
            if waiter.done() and not waiter.cancelled():
                self._hand_over(waiter.result())
            raise

    def _hand_over(self, connection: Any) -> None:
        if connection is not None:
            self._release(connection)
        else:
            self._wake_next(None)

    def _release(self, connection: Any) -> None:
        if connection.is_closed():
            self._discard(connection)
        elif not self._max_connections:
            self._close_soon(connection)
        elif not self._wake_next(connection):
            self._free.append(connection)

    def _wake_next(self, connection: Any) -> bool:
        """Pass a connection to the next waiter; returns whether there was one."""
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return True
        return False

    def _close_soon(self, connection: Any) -> None:
        task = asyncio.get_running_loop().create_task(self._close_connection(connection))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _close_connection(self, connection: Any) -> None:
        """Close a connection; the driver cancels its running statement."""
        with suppress(Exception):
            await connection.close(timeout=_CLOSE_SECONDS)
        self._discard(connection)

    def _discard(self, connection: Any) -> None:
        self._connections.discard(connection)
        self._wake_next(None)


async def _plan(connection: Any, statements: Sequence[str]) -> None:
    """Prepare statements and make their plans, without executing them."""
    async with connection.transaction(readonly=True):
        for statement in statements:
            parameters = max((int(number) for number in _PARAMETER.findall(statement)), default=0)
            # A cursor binds its parameters, for which the server plans, and executes nothing until it is read.
            await connection.cursor(statement, *[None] * parameters)


_POOLS: WeakSet[ConnectionPool] = WeakSet()

# Read when the metrics are: a statement pays nothing for them.
DATABASE_CONNECTIONS.labels("free").set_function(lambda: sum(pool.free for pool in _POOLS))
DATABASE_CONNECTIONS.labels("used").set_function(lambda: sum(pool.used for pool in _POOLS))
DATABASE_WAITING.set_function(lambda: sum(pool.waiting for pool in _POOLS))
