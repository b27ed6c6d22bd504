"""A minimal connection pool for single-statement queries, used by the hot path.

The driver's pool costs three times as much as the shortest statement: it resets sessions, starts a task to release a
connection, and tracks idle time. Single statements leave no session state, so this pool only takes a connection from a
list and puts it back.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import asyncpg
from sqlalchemy.exc import TimeoutError as PoolTimeout

ACQUIRE_SECONDS = 2.0
"""How long a request waits for a free connection, and a new connection for the server."""

_CLOSE_SECONDS = 5.0

Connect = Callable[[], Awaitable[Any]]
"""Opens a connection. Raises OSError, TimeoutError, asyncpg's errors."""


class ConnectionPool:
    """Opens up to a maximum of connections and reuses the last used first. Requests beyond them wait in order."""

    def __init__(self, connect: Connect, most: int) -> None:
        self._connect = connect
        self._most = most
        self._open: set[Any] = set()
        self._being_made = 0
        self._free: list[Any] = []
        self._turns: deque[asyncio.Future[Any]] = deque()
        self._parting: set[asyncio.Task[None]] = set()

    async def fetch(self, statement: str, parameters: Sequence[Any]) -> list[asyncpg.Record]:
        """Run one statement, prepared once per connection, in its own transaction. Raises PoolTimeout if all connections
        stay in use, and the driver's errors.
        """
        connection = await self._take()
        try:
            rows: list[asyncpg.Record] = await connection.fetch(statement, *parameters)
        except asyncpg.PostgresError:
            self._give_back(connection)
            raise
        except BaseException:
            # Terminated, timed out or cancelled: a statement may still be running on it.
            self._part(connection)
            raise
        self._give_back(connection)
        return rows

    async def close(self) -> None:
        """Close every connection after its running statement; terminate those not returned in time."""
        self._most = 0
        while self._free:
            self._part(self._free.pop())
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                while self._open or self._being_made:
                    await self._turn()
        for connection in list(self._open):
            connection.terminate()

    async def _take(self) -> Any:
        """Return a free connection, a new one, or the next released one."""
        while self._free:
            connection = self._free.pop()
            if not connection.is_closed():
                return connection
            self._forget(connection)
        deadline = asyncio.get_running_loop().time() + ACQUIRE_SECONDS
        while len(self._open) + self._being_made >= self._most:
            try:
                async with asyncio.timeout_at(deadline):
                    connection = await self._turn()
            except TimeoutError as error:
                raise PoolTimeout("every connection is in use") from error
            if connection is not None:
                return connection
        return await self._make()

    async def _make(self) -> Any:
        self._being_made += 1
        try:
            connection = await self._connect()
        except BaseException:
            self._next(None)
            raise
        finally:
            self._being_made -= 1
        self._open.add(connection)
        return connection

    async def _turn(self) -> Any:
        """Wait for the next released connection, or None if a new one may be opened."""
        turn: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._turns.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # It was released at the same moment: pass it to the next request.
                self._pass_on(turn.result())
            raise

    def _pass_on(self, connection: Any) -> None:
        if connection is not None:
            self._give_back(connection)
        else:
            self._next(None)

    def _give_back(self, connection: Any) -> None:
        if connection.is_closed():
            self._forget(connection)
        elif not self._most:
            self._part(connection)
        elif not self._next(connection):
            self._free.append(connection)

    def _next(self, connection: Any) -> bool:
        """Hand the connection over to the first waiting request. Returns whether there was one."""
        while self._turns:
            turn = self._turns.popleft()
            if not turn.done():
                turn.set_result(connection)
                return True
        return False

    def _part(self, connection: Any) -> None:
        task = asyncio.get_running_loop().create_task(self._end(connection))
        self._parting.add(task)
        task.add_done_callback(self._parting.discard)

    async def _end(self, connection: Any) -> None:
        """Let the driver cancel the running statement, and close."""
        with suppress(Exception):
            await connection.close(timeout=_CLOSE_SECONDS)
        self._forget(connection)

    def _forget(self, connection: Any) -> None:
        self._open.discard(connection)
        self._next(None)
