"""A connection pool that grows on demand: an open-loop load must never wait for a connection."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv4Address
from itertools import cycle, repeat
from time import monotonic
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from loadtest.http_client.connection import Connection, ConnectionFailed, Reply
from loadtest.http_client.settings import client_context

_MAX_CONNECTIONS = 10_000
"""If the fund hangs, all visits that begin within a request's timeout need a connection each."""

_OTHER_FILES = 100

_FIRST_SITE, _SITES = IPv4Address("127.1.0.1"), 2**22
"""The addresses from which connections of many sites come: the first one, and their number."""

_IDLE_SECONDS = 4.0
"""A connection idle for longer is not reused: the fund closes it after ten seconds (`FUND_IDLE_SECONDS`)."""


def max_connections() -> int:
    """Number of connections that this process may open.

    Its limit of open files is raised to the maximum.
    """
    _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    if limit == resource.RLIM_INFINITY:
        return _MAX_CONNECTIONS
    return min(_MAX_CONNECTIONS, limit - _OTHER_FILES)


def loopback_addresses() -> Iterator[str]:
    """Addresses of this machine's loopback network, one after another: all of 127.0.0.0/8 is the machine itself."""
    return (str(_FIRST_SITE + number) for number in cycle(range(_SITES)))


class ConnectionPool:
    """Persistent connections to one address, reused last in, first out.

    Requests beyond `max_connections` fail.
    """

    def __init__(
        self, url: str, *, max_connections: int, timeout_seconds: float, of_many_sites: bool = False
    ) -> None:
        """`url`: for https, connections are opened by the settings `LOADTEST_TLS_…`, whose faults raise ValueError.

        `of_many_sites`: each connection to a loopback address comes from another one, as those of many facilities do. A
        service shares its capacity between addresses, as long as it knows no token.
        """
        address = urlsplit(url)
        self._tls = client_context() if address.scheme == "https" else None
        self.host = address.hostname or "127.0.0.1"
        self.port = address.port or (80 if self._tls is None else 443)
        self._sources = (
            loopback_addresses() if of_many_sites and self.host.startswith("127.") else repeat(None)
        )
        self.timeout_seconds = timeout_seconds
        self._max_connections = max_connections
        self._free: list[tuple[float, Connection]] = []
        """Each with the instant of its last use; the most recently used one is last."""
        self._busy: dict[Connection, bytes] = {}
        """The path of the request in progress, by connection."""
        self._in_use = 0
        self._retired: set[Connection] = set()
        self._timed_out: set[Connection] = set()
        self._blocked: list[bytes] = []
        self.peak = 0
        """The maximum of connections in use at a time."""

    async def exchange(self, data: bytes) -> Reply:
        """Send a complete request and wait for its answer.

        Raises ConnectionFailed, also after the timeout.
        """
        if self._in_use >= self._max_connections:
            raise ConnectionFailed("no connection left")
        self._in_use += 1
        self.peak = max(self.peak, self._in_use)
        try:
            path = data.split(b" ", 2)[1]
            self._raise_if_blocked(path)
            connection = self._take() or await self._open(path)
            return await self._exchange(connection, path, data)
        finally:
            self._in_use -= 1

    async def _open(self, path: bytes) -> Connection:
        try:
            async with asyncio.timeout(self.timeout_seconds):
                connection = await Connection.open(self.host, self.port, self._tls, next(self._sources))
        except TimeoutError as error:
            raise ConnectionFailed("timeout") from error
        self._raise_if_blocked(path, connection)
        return connection

    async def _exchange(self, connection: Connection, path: bytes, data: bytes) -> Reply:
        timer = asyncio.get_running_loop().call_later(self.timeout_seconds, self._time_out, connection)
        self._busy[connection] = path
        try:
            reply = await connection.exchange(data)
        except ConnectionFailed as error:
            if connection in self._timed_out:
                self._timed_out.discard(connection)
                raise ConnectionFailed("timeout") from error
            raise
        finally:
            timer.cancel()
            del self._busy[connection]
        if connection in self._retired:
            self._retired.discard(connection)
            connection.close()
        else:
            self._free.append((monotonic(), connection))
        return reply

    def _time_out(self, connection: Connection) -> None:
        """Called by the event loop: a timer costs a tenth of `asyncio.timeout`, which every request would pay."""
        self._timed_out.add(connection)
        connection.close()

    def block(self, prefix: str) -> None:
        """Simulate a network failure for paths with a prefix: abort requests in progress, fail new ones."""
        blocked = prefix.encode()
        self._blocked.append(blocked)
        if not blocked:
            self.close()
        for connection in [one for one, path in self._busy.items() if path.startswith(blocked)]:
            connection.close()

    def unblock(self, prefix: str) -> None:
        """Undo one `block` of the same prefix."""
        self._blocked.remove(prefix.encode())

    async def reconnect(self, count: int) -> None:
        """Close all connections, those in use after their answer, and open `count` new ones.

        Raises ConnectionFailed.
        """
        self._retired.update(self._busy)
        self.close()
        opening = (
            Connection.open(self.host, self.port, self._tls, next(self._sources)) for _ in range(count)
        )
        opened = await asyncio.gather(*opening, return_exceptions=True)
        for connection in opened:
            if isinstance(connection, Connection):
                self._free.append((monotonic(), connection))
        for error in opened:
            if isinstance(error, BaseException):
                raise error

    def _raise_if_blocked(self, path: bytes, opened: Connection | None = None) -> None:
        if self._blocked and any(path.startswith(prefix) for prefix in self._blocked):
            if opened is not None:
                opened.close()
            raise ConnectionFailed("blocked")

    def _take(self) -> Connection | None:
        """An idle connection that is still open, and not so old that the server may be about to close it."""
        oldest = monotonic() - _IDLE_SECONDS
        while self._free:
            since, connection = self._free.pop()
            if since < oldest:
                connection.close()
            elif connection.is_open:
                return connection
        return None

    def close(self) -> None:
        """Close all idle connections."""
        while self._free:
            self._free.pop()[1].close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0)  # lets the transports close
