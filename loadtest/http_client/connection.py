"""One kept HTTP/1.1 connection, one request at a time: just what uvicorn answers with (RFC 9112), nothing more.

A general client costs ten times the processor time of what it measures; this one leaves the core to the load.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

NO_HEADERS: Mapping[str, str] = MappingProxyType({})

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"
_STATUS = slice(9, 12)
"""Where the status stands in `HTTP/1.1 200 OK`."""


class ConnectionFailed(Exception):
    """No answer came: the connection was refused, was cut, or said what is not understood."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Status and body of an answer. `size`: all its bytes, the head's among them."""

    status: int
    body: bytes
    size: int = 0


def request(
    method: str,
    path: str,
    *,
    host: str,
    token: str | None = None,
    kind: str = "application/json",
    headers: Mapping[str, str] = NO_HEADERS,
) -> bytes:
    """Everything of a request's head that does not change from one to the next; see `with_body`."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    if method != "GET":
        lines.append(f"Content-Type: {kind}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, ""]).encode()


def with_body(head: bytes, *parts: bytes) -> bytes:
    """A whole request: its head, and its body out of parts."""
    length = sum(map(len, parts))
    return b"".join((head, b"Content-Length: %d\r\n\r\n" % length, *parts))


class Connection(asyncio.Protocol):
    """A connection that is open until it is closed or cut."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Reply] | None = None
        self._received = b""
        self._head = 0
        self._end = 0

    @classmethod
    async def open(cls, host: str, port: int) -> Connection:
        """Connect. Raises LineError."""
        try:
            _, connection = await asyncio.get_running_loop().create_connection(cls, host, port)
        except OSError as error:
            raise ConnectionFailed("connection refused") from error
        return connection

    @property
    def is_open(self) -> bool:
        """Whether another request can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    async def exchange(self, data: bytes) -> Reply:
        """Send a whole request and wait for its answer. Raises LineError."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionFailed("connection closed")
        assert self._waiting is None
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            self._transport.write(data)
            return await self._waiting
        except asyncio.CancelledError:
            self.close()  # the answer of a request that nobody waits for would be taken for the next one's
            raise
        finally:
            self._waiting = None

    def close(self) -> None:
        """Cut the connection."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The loop's word that the connection stands."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of asyncio's

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the loop's signature
        """The loop's word that it ended."""
        self._transport = None
        self._fail("connection cut")

    def data_received(self, data: bytes) -> None:
        """Take what came; an answer is whole with the last byte of its body."""
        self._received = self._received + data if self._received else data
        if not self._head and not self._read_head():
            return
        if len(self._received) < self._end:
            return
        reply = Reply(int(self._received[_STATUS]), self._received[self._head : self._end], self._end)
        self._received, self._head, self._end = b"", 0, 0
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(reply)

    def _read_head(self) -> bool:
        """Whether the head is there, and the end of the body therefore known."""
        end = self._received.find(_END_OF_HEAD)
        if end < 0:
            return False
        head = self._received[:end].lower()
        place = head.find(_LENGTH)
        if place < 0:
            self._fail("an answer without its length")
            self.close()
            return False
        length = int(head[place + len(_LENGTH) :].split(b"\r\n", 1)[0])
        self._head = end + len(_END_OF_HEAD)
        self._end = self._head + length
        return True

    def _fail(self, reason: str) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionFailed(reason))
