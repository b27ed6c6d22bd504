"""As many connections as are needed at a time: an open load must never wait for one."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from loadtest.line.connection import Connection, LineError, Reply


class Pool:
    """Kept connections to one address, the last used first. `most` at a time; who comes then is refused, and told so."""

    def __init__(self, url: str, *, most: int, timeout_seconds: float) -> None:
        address = urlsplit(url)
        self.host, self.port = address.hostname or "127.0.0.1", address.port or 80
        self._most = most
        self._timeout_seconds = timeout_seconds
        self._free: list[Connection] = []
        self._busy = 0
        self.peak = 0
        """The most connections that were in use at a time."""

    async def exchange(self, data: bytes) -> Reply:
        """Send a whole request and wait for its answer. Raises LineError, also after the time that it may take."""
        if self._busy >= self._most:
            raise LineError("no connection left")
        self._busy += 1
        self.peak = max(self.peak, self._busy)
        try:
            async with asyncio.timeout(self._timeout_seconds):
                connection = self._take() or await Connection.open(self.host, self.port)
                reply = await connection.exchange(data)
        except TimeoutError as error:
            raise LineError("timeout") from error
        finally:
            self._busy -= 1
        self._free.append(connection)
        return reply

    def _take(self) -> Connection | None:
        """A kept connection that is still open."""
        while self._free:
            connection = self._free.pop()
            if connection.is_open:
                return connection
        return None

    def close(self) -> None:
        """Cut every connection that is kept."""
        while self._free:
            self._free.pop().close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0)  # lets the transports end
