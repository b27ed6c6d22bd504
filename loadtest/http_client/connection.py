"""A persistent HTTP/1.1 connection, one request at a time; parses only what uvicorn sends (RFC 9112).

A general client costs ten times the processor time of what it measures; this one leaves the core to the load.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

from eligibility_api.contract.transport import is_tls_refusal

NO_HEADERS: Mapping[str, str] = MappingProxyType({})

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"
_STATUS = slice(9, 12)
"""The position of the status in `HTTP/1.1 200 OK`."""


class ConnectionFailed(Exception):
    """No answer was received: the connection was refused or lost, or the answer could not be parsed."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Status and body of an answer. `size`: all its bytes, head included."""

    status: int
    body: bytes
    size: int = 0


def request(
    method: str,
    path: str,
    *,
    host: str,
    token: str | None = None,
    content_type: str = "application/json",
    headers: Mapping[str, str] = NO_HEADERS,
) -> bytes:
    """The constant part of a request's head, without Content-Length; see `with_body`."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    if method != "GET":
        lines.append(f"Content-Type: {content_type}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, ""]).encode()


def with_body(head: bytes, *parts: bytes) -> bytes:
    """A complete request: the head, the content length, and the body joined from parts."""
    length = sum(map(len, parts))
    return b"".join((head, b"Content-Length: %d\r\n\r\n" % length, *parts))


class Connection(asyncio.Protocol):
    """A connection that stays open until either side closes it."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Reply] | None = None
        self._received = b""
        self._head = 0
        self._end = 0

    @classmethod
    async def open(
        cls, host: str, port: int, tls: ssl.SSLContext | None = None, source: str | None = None
    ) -> Connection:
        """Open a connection, from the address `source` if it is given. Raises ConnectionFailed."""
        local = None if source is None else (source, 0)
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                cls, host, port, ssl=tls, local_addr=local
            )
        except OSError as error:
            raise ConnectionFailed("connection refused") from error
        return connection

    @property
    def is_open(self) -> bool:
        """Whether another request can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    async def exchange(self, data: bytes) -> Reply:
        """Send a complete request and wait for its answer. Raises ConnectionFailed."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionFailed("connection closed")
        assert self._waiting is None
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            self._transport.write(data)
            return await self._waiting
        except asyncio.CancelledError:
            self.close()  # otherwise the late answer would be taken for the next request's
            raise
        finally:
            self._waiting = None

    def close(self) -> None:
        """Abort the connection."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop when the connection is established."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's class is no subclass of asyncio's

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop when the connection has ended."""
        self._transport = None
        self._fail("client certificate refused" if is_tls_refusal(exc) else "connection cut")

    def data_received(self, data: bytes) -> None:
        """Called by the event loop with received bytes; completes an answer with its last byte."""
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
        """Parse the head once it is complete, for the end of the body; whether it was."""
        end = self._received.find(_END_OF_HEAD)
        if end < 0:
            return False
        head = self._received[:end].lower()
        place = head.find(_LENGTH)
        if place < 0:
            self._fail("answer without Content-Length")
            self.close()
            return False
        length = int(head[place + len(_LENGTH) :].split(b"\r\n", 1)[0])
        self._head = end + len(_END_OF_HEAD)
        self._end = self._head + length
        return True

    def _fail(self, reason: str) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionFailed(reason))
