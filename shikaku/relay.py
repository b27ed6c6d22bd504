"""Answers at another address of this machine too: every service listens on the loopback address alone.

For a container, whose published ports lead to its own address. Bytes are passed on as they are.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import Self

from shikaku.ports import HOST
from shikaku.processes import StackError

MAX_CONNECTIONS = 500
"""Connections at a time; a further one is closed at once."""

_CHUNK = 64 * 1024


class Relay:
    """Passes connections to `address` and each of `ports` on to the same port of the loopback address."""

    def __init__(self, address: str, ports: Iterable[int]) -> None:
        self._address, self._ports = address, tuple(ports)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._servers = AsyncExitStack()
        self._open: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        """Listen. Raises StackError if it cannot."""
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        except OSError as error:
            self._end()
            raise StackError(f"--listen {self._address}: {error.strerror}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._end()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        for port in self._ports:
            server = await asyncio.start_server(self._passing(port), self._address, port)
            self._servers.callback(server.close)

    async def _close(self) -> None:
        """Listen no longer, and close every connection."""
        await self._servers.aclose()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _passing(self, port: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if len(self._open) >= MAX_CONNECTIONS:
                await _close(writer)
                return
            task = asyncio.ensure_future(_connect(reader, writer, port))
            self._open.add(task)
            task.add_done_callback(self._open.discard)

        return accepted


async def _connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    """Pass bytes on in both directions, until both have ended."""
    try:
        there, back = await asyncio.open_connection(HOST, port)
    except OSError:
        await _close(writer)
        return
    try:
        await asyncio.gather(_copy(reader, back), _copy(there, writer))
    finally:
        await _close(back, writer)


async def _close(*ends: asyncio.StreamWriter) -> None:
    for end in ends:
        end.close()
    for end in ends:
        with suppress(OSError):
            await end.wait_closed()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Pass on what comes, and then its end; the other direction may go on."""
    with suppress(OSError):
        while content := await source.read(_CHUNK):
            target.write(content)
            await target.drain()
        target.write_eof()
