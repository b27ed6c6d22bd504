"""A relay on this machine, in front of the fund, as a vendor's cloud is between a clinic and the fund."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_CHUNK = 64 * 1024


class Relay:
    """Passes bytes on in both directions. A context manager; `url` is its address.

    While it hangs it accepts connections and bytes, and passes nothing on: worse than a refusal, since every client
    waits.
    """

    def __init__(self, url: str) -> None:
        """`url`: the fund's."""
        self._target = urlsplit(url)
        self._passing = asyncio.Event()
        self._passing.set()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The address at which it listens."""
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def hang(self) -> None:
        """Pass nothing on."""
        self._passing.clear()

    def resume(self) -> None:
        """Pass everything on again, also what came meanwhile."""
        self._passing.set()

    async def __aenter__(self) -> Self:
        """Listen. Raises OSError."""
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Listen no longer, and close every connection."""
        assert self._server is not None
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._connect(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        with suppress(asyncio.CancelledError):
            await asyncio.shield(task)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._passing.wait()
            upstream, to_fund = await asyncio.open_connection(self._target.hostname, self._target.port or 80)
        except OSError:
            writer.close()
            return
        try:
            await asyncio.gather(self._pass(reader, to_fund), self._pass(upstream, writer))
        finally:
            to_fund.close()
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one direction on until its end, which ends the connection."""
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                await self._passing.wait()
                writer.write(data)
                await writer.drain()
        writer.close()
