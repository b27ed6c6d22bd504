"""The hot path's connections to the database: made when they are needed, kept, and lent for a statement each.

The driver has a pool of its own, which costs three times what the shortest statement does (it resets a session, starts
a task to give it back, watches how long it was idle). Single statements leave nothing in a session, so that here a
connection is taken from a list and put back.
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
"""How long a request waits for a connection, and a connection for the server."""

_CLOSE_SECONDS = 5.0

Connect = Callable[[], Awaitable[Any]]
"""Makes a connection. Raises OSError, TimeoutError, asyncpg's errors."""


class ConnectionPool:
    """At most so many; the one that was used last is used next. Who comes when all are in use waits its turn."""

    def __init__(self, connect: Connect, most: int) -> None:
        self._connect = connect
        self._most = most
        self._open: set[Any] = set()
        self._being_made = 0
        self._free: list[Any] = []
        self._turns: deque[asyncio.Future[Any]] = deque()
        self._parting: set[asyncio.Task[None]] = set()

    async def fetch(self, statement: str, parameters: Sequence[Any]) -> list[asyncpg.Record]:
        """One statement, prepared once a connection, a transaction of its own. Raises PoolTimeout where all connections
        stay in use, else what the driver does.
        """
        connection = await self._take()
        try:
            rows: list[asyncpg.Record] = await connection.fetch(statement, *parameters)
        except asyncpg.PostgresError:
            self._give_back(connection)
            raise
        except BaseException:
            # Cut, out of time or called off: something may still be under way on it.
            self._part(connection)
            raise
        self._give_back(connection)
        return rows

    async def close(self) -> None:
        """Close every connection, after what runs on it; one that does not come back in time is cut."""
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
        """A connection that is free, is made, or comes back."""
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
        """What comes next: a connection that was given back, or None where there is room to make one."""
        turn: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._turns.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it came in the same moment: it is the next one's
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
        """Whether somebody waited for it."""
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
        """The driver calls off what is under way, and ends."""
        with suppress(Exception):
            await connection.close(timeout=_CLOSE_SECONDS)
        self._forget(connection)

    def _forget(self, connection: Any) -> None:
        self._open.discard(connection)
        self._next(None)
