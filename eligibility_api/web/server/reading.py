"""What a client sends on a connection: parsed as it arrives, and refused as soon as it exceeds a limit."""

from __future__ import annotations

import asyncio
from typing import Any

import httptools
import structlog
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.server import ServerState

from eligibility_api.web.server import limits as rows
from eligibility_api.web.server.connection import LimitedConnection, Stage
from eligibility_api.web.server.limits import Limit

log = structlog.get_logger()

_MAX_DISCARDED_BYTES = 256 * 1024
"""A client that sends more after it was refused is cut off."""


class ReadingConnection(LimitedConnection):
    """A connection that reads requests. A request whose body is complete is passed to `_admit`."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.url = b""
        self._in_headers = True
        """Whether the parser reads a request's headers, or waits for them."""
        self._asks_for_upgrade = False
        """Whether the parser has just read headers that ask for another protocol, and skips the request's body."""
        self._encoded_bytes = 0
        """What was read of a body, including the framing of its chunks."""
        self._max_body_bytes = 0
        self._max_encoded_bytes = 0

    def _admit(self) -> None:
        """Start the complete request, let it wait for its turn, or refuse it."""
        raise NotImplementedError

    # -- Bytes -------------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Called by the event loop. Nothing beyond the header limit reaches the parser before it is checked."""
        if self._is_deaf:
            self._discarded_bytes += len(data)
            if self._discarded_bytes > _MAX_DISCARDED_BYTES:
                self.transport.abort()
            return
        size = len(data)
        while self._in_headers and size > (rest := self._limits.max_header_bytes - self._header_bytes):
            self._feed(data[:rest], rest)
            if self._stops_reading():
                return
            data, size = data[rest:], size - rest
        self._feed(data, size)

    def _stops_reading(self) -> bool:
        return self._is_deaf

    def _feed(self, data: bytes, size: int) -> None:
        """Parse bytes, and check what is not complete after them."""
        if self._in_headers:
            self._header_bytes += size
        else:
            self._encoded_bytes += size
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._asks_for_upgrade:
                self._read_without_upgrade(data[upgrade.args[0] :])
            elif not self._is_deaf:  # CONNECT
                self.cycle.keep_alive = False
        except httptools.HttpParserError as error:
            self._refuse_malformed(error)
        if self._in_headers:
            if self._header_bytes and not self._is_deaf:
                self._await_headers()
        elif self._encoded_bytes > self._max_encoded_bytes and self.cycle is self._next and not self._is_deaf:
            self._refuse(rows.BODY_BYTES)

    def _read_without_upgrade(self, rest: bytes) -> None:
        """Read the request again as if it did not ask for another protocol, which is its server's right (RFC 9110 section 7.8).

        Java's client asks so with every request to an http address, and sends its body at once. `rest`: what follows the
        headers.
        """
        self._asks_for_upgrade = False
        first = b"%b %b HTTP/%b" % (
            self.parser.get_method(),
            self.url,
            self.parser.get_http_version().encode(),
        )
        others = [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's
        self.parser.feed_data(b"\r\n".join([first, *others, b"", b""]))
        if rest and not self._is_deaf:
            self._feed(rest, len(rest))

    def _await_headers(self) -> None:
        """A part of a request's headers has arrived."""
        if len(self.url) > self._limits.max_url_bytes:
            self._refuse_next(rows.URL_BYTES)
        elif self._header_bytes >= self._limits.max_header_bytes:
            self._refuse_next(rows.HEADER_BYTES)
        elif self._stage is Stage.IDLE:
            self._await(Stage.HEADERS, self._limits.header_seconds)

    def _refuse_malformed(self, error: httptools.HttpParserError) -> None:
        cause = error.__context__
        if isinstance(cause, Exception) and not isinstance(cause, (httptools.HttpParserError, UnicodeError)):
            log.error("internal", cause=type(cause).__name__, exc_info=cause)
        self._refuse_next(rows.MALFORMED)

    def _refuse_next(self, limit: Limit) -> None:
        """Refuse what the parser reads now: after the responses to all earlier requests."""
        if self.awaits_client and not self.pipeline:
            self._refuse(limit)
        elif not self._in_headers and self.cycle is self._next:
            self._refuse(limit)  # the body of a request in progress
        else:
            self._pending_refusal, self._is_deaf = limit, True

    # -- The parser's callbacks --------------------------------------------------------------------------------------

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser with a header; what follows a chunked body (trailers) is ignored."""
        if self._in_headers:
            name = name.lower()
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Called by the parser after the last header."""
        if self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT" and not self._is_deaf:
            self._asks_for_upgrade = True
            return
        self._in_headers = False
        self._header_bytes = self._body_bytes = self._encoded_bytes = 0
        if self._is_deaf:
            return
        if len(self.url) > self._limits.max_url_bytes:
            self._refuse_next(rows.URL_BYTES)
        elif len(self.pipeline) >= rows.MAX_PIPELINED:
            self._admission.count_refusal(rows.PIPELINED)
            self.pipeline[0][0].keep_alive = False
            self._is_deaf = True
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Called by the parser with a part of a body."""
        cycle = self.cycle
        if self._is_deaf or cycle.response_complete:
            return
        cycle.body += body
        self._body_bytes += len(body)
        if self._body_bytes > self._max_body_bytes and cycle is self._next:
            self._refuse(rows.BODY_BYTES)
            return
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        cycle.message_event.set()

    def on_message_complete(self) -> None:
        """Called by the parser after a request's last byte."""
        if self._asks_for_upgrade:
            return
        self._in_headers = True
        self._header_bytes = 0
        cycle = self.cycle
        if self._is_deaf or cycle.response_complete:
            return
        cycle.more_body = False
        cycle.message_event.set()
        if self._stage is Stage.BODY and cycle is self._next:
            self._admit()
