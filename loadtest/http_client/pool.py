"""As many connections as are needed at a time: an open load must never wait for one."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from loadtest.http_client.connection import Connection, ConnectionFailed, Reply

_IDLE_SECONDS = 4.0
"""After this long unused a connection is used no more: uvicorn closes it after five."""


class ConnectionPool:
    """Kept connections to one address, the last used first. `most` at a time; who comes then is refused, and told so."""

    def __init__(self, url: str, *, most: int, timeout_seconds: float) -> None:
        address = urlsplit(url)
        self.host, self.port = address.hostname or "127.0.0.1", address.port or 80
        self.timeout_seconds = timeout_seconds
        self._most = most
        self._free: list[tuple[float, Connection]] = []
        """With the instant of the last use, the last used at the end."""
        self._busy: dict[Connection, bytes] = {}
        """By connection the path that is asked for."""
        self._in_use = 0
        self._given_up: set[Connection] = set()
        self._cuts: list[bytes] = []
        self.peak = 0
        """The most connections that were in use at a time."""

    async def exchange(self, data: bytes) -> Reply:
        """Send a whole request and wait for its answer. Raises LineError, also after the time that it may take."""
        if self._in_use >= self._most:
            raise ConnectionFailed("no connection left")
        self._in_use += 1
        self.peak = max(self.peak, self._in_use)
        try:
            async with asyncio.timeout(self.timeout_seconds):
                return await self._exchange(data)
        except TimeoutError as error:
            raise ConnectionFailed("timeout") from error
        finally:
            self._in_use -= 1

    async def _exchange(self, data: bytes) -> Reply:
        path = data.split(b" ", 2)[1]
        self._refuse_if_cut(path)
        connection = self._take()
        if connection is None:
            connection = await Connection.open(self.host, self.port)
            self._refuse_if_cut(path, connection)
        self._busy[connection] = path
        try:
            reply = await connection.exchange(data)
        finally:
            del self._busy[connection]
        if connection in self._given_up:
            self._given_up.discard(connection)
            connection.close()
        else:
            self._keep(connection)
        return reply

    def cut(self, prefix: str) -> None:
        """Cut the line for every path that begins so: what is under way ends, and what comes is refused."""
        wanted = prefix.encode()
        self._cuts.append(wanted)
        if not wanted:
            self.close()
        for connection in [one for one, path in self._busy.items() if path.startswith(wanted)]:
            connection.close()

    def mend(self, prefix: str) -> None:
        """Take back one `cut` of the same prefix."""
        self._cuts.remove(prefix.encode())

    async def renew(self, count: int) -> None:
        """Give every connection up, those in use after their answer, and keep so many new ones. Raises LineError."""
        self._given_up.update(self._busy)
        self.close()
        opening = (Connection.open(self.host, self.port) for _ in range(count))
        opened = await asyncio.gather(*opening, return_exceptions=True)
        for connection in opened:
            if isinstance(connection, Connection):
                self._keep(connection)
        for error in opened:
            if isinstance(error, BaseException):
                raise error

    def _refuse_if_cut(self, path: bytes, opened: Connection | None = None) -> None:
        if any(path.startswith(cut) for cut in self._cuts):
            if opened is not None:
                opened.close()
            raise ConnectionFailed("cut")

    def _keep(self, connection: Connection) -> None:
        self._free.append((asyncio.get_running_loop().time(), connection))

    def _take(self) -> Connection | None:
        """A kept connection that is still open, and so young that the server is not just about to close it."""
        oldest = asyncio.get_running_loop().time() - _IDLE_SECONDS
        while self._free:
            since, connection = self._free.pop()
            if since < oldest:
                connection.close()
            elif connection.is_open:
                return connection
        return None

    def close(self) -> None:
        """Cut every connection that is kept."""
        while self._free:
            self._free.pop()[1].close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0)  # lets the transports end
