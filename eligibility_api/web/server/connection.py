"""One connection of the server: what it waits for and until when, how it ends, and how a request on it is refused.

It extends uvicorn's protocol; what a client sends on it is read in `reading.py`.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Hashable
from contextlib import suppress
from enum import Enum
from math import inf
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.web.server import limits as rows
from eligibility_api.web.server.admission import APP_STATE_KEY, Admission
from eligibility_api.web.server.client_address import client_address, is_listed
from eligibility_api.web.server.limits import Limit
from eligibility_api.web.server.refusals import refusal

_LINGER_SECONDS = 2.0
"""After a refusal, unread bytes are discarded for so long: closing at once would reset the connection, and the client
might lose the answer."""

_PAUSE_SECONDS = 1.0
"""After a refusal without Retry-After, a connection without a valid token is not read for so long. An address that is
refused again and again waits for its answer for so long."""

_MAX_PAUSE_SECONDS = 8.0
"""Each further refusal without a valid token doubles the pause, up to this."""


class Stage(Enum):
    """What a connection waits for."""

    HEADERS = "the headers of a request"
    BODY = "the body of a request"
    TURN = "the turn of a complete request"
    RESPONSE = "the application's response"
    PAUSE = "the end of the time that a refused client was asked to wait"
    IDLE = "the next request"
    REFUSAL = "the refusal of a client that is refused often"
    END = "the end of the connection"


_AWAITS_CLIENT = frozenset({Stage.HEADERS, Stage.BODY, Stage.PAUSE, Stage.IDLE, Stage.REFUSAL, Stage.END})


class LimitedConnection(HttpToolsProtocol):
    """A connection each of whose waits has an end. `Admission.sweep` calls `expire` after `deadline`."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, {}, _loop)
        self._admission: Admission = app_state[APP_STATE_KEY]
        self._limits = self._admission.limits
        self._stage = Stage.HEADERS
        self.deadline = inf
        self._address: str | None = None
        self._is_proxy = False
        self._is_trusted = False
        """Whether the other end is a proxy that reports client certificates: a listed one, or behind a Unix socket."""
        self._is_known = False
        """Whether a valid token has arrived on it."""
        self._next: RequestResponseCycle | None = None
        """The request that is received, waits or is answered; later ones of the connection are in `pipeline`."""
        self._client: Hashable = None
        """Whose request it is."""
        self._header_bytes = 0
        self._body_bytes = 0
        self._period_began_with = 0
        """`_body_bytes` at the start of the current period of `body_seconds`."""
        self._pending_refusal: Limit | None = None
        """Answers what was sent after the request in progress."""
        self._late_refusal: Limit | None = None
        """Answers what was sent once the stage REFUSAL is over."""
        self._pause_seconds = _PAUSE_SECONDS
        self._is_deaf = False
        """Whether everything that still arrives is discarded."""
        self._discarded_bytes = 0

    @property
    def awaits_client(self) -> bool:
        """Whether nothing is being answered on this connection."""
        return self._stage in _AWAITS_CLIENT

    @property
    def _is_own(self) -> bool:
        """Whether the other end is a client: others share the connections of a listed proxy, and of a Unix socket."""
        return self._address is not None and not self._is_proxy

    # -- Begin and end -----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Called by the event loop. At the maximum of connections another one is closed, or this one."""
        super().connection_made(transport)
        admission = self._admission
        self._await(Stage.HEADERS, self._limits.header_seconds)
        self._address = client_address(self.client[0] if self.client else None, (), ())
        self._is_proxy = is_listed(self._address, self._limits.proxies)
        self._is_trusted = self._is_proxy or _is_unix(transport)
        admission.open.add(self)
        for connection in admission.table.add(self._address, self):
            cast(LimitedConnection, connection).displace()

    def displace(self) -> None:
        """Close this connection for a newer one: with an answer, unless it is idle."""
        self._admission.count_refusal(rows.CONNECTIONS)
        if self._stage is not Stage.END:
            if self._stage is not Stage.IDLE:
                self._write_refusal(rows.OVERLOADED, closes=True)
            self._end(_LINGER_SECONDS)
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop. A waiting request is given up; the application learns of one in progress."""
        if self._stage is Stage.TURN:
            self._admission.requests.withdraw(self._client, self)
        self._disconnect_application()
        self._stage = Stage.END
        self._admission.open.discard(self)
        self._admission.table.remove(self._address, self)
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Called at the end of the server: nothing waits until then for its refusal."""
        if self._late_refusal is not None and self._stage is Stage.REFUSAL:
            self._refuse_now(self._late_refusal)
        super().shutdown()

    def expire(self, now: float) -> None:
        """The deadline has passed: end what the connection waits for."""
        match self._stage:
            case Stage.HEADERS if self._header_bytes:
                self._refuse(rows.HEADER_SECONDS)
            case Stage.HEADERS | Stage.IDLE:
                self._admission.count_refusal(rows.IDLE_SECONDS)
                self._end(self._limits.send_seconds)
                self.transport.close()
            case Stage.PAUSE:
                self.flow.resume_reading()
                self._await(Stage.IDLE, self._limits.idle_seconds)
            case Stage.REFUSAL if self._late_refusal is not None:
                self._refuse_now(self._late_refusal)
            case Stage.TURN:
                self._admission.requests.withdraw(self._client, self)
                self._refuse(rows.WAIT_SECONDS)
            case Stage.BODY | Stage.RESPONSE if not self.flow.write_paused:
                self._check_body_rate(now)
            case _:
                if self.transport.get_write_buffer_size():
                    self._admission.count_refusal(rows.SEND_SECONDS)
                self.deadline = inf
                self.transport.abort()

    def start_request(self) -> None:
        """The turn of the waiting request has come."""
        raise NotImplementedError

    def refuse_overdue(self) -> None:
        """The waiting request has waited too long for the worker, and waits no more."""
        self._refuse(rows.WORK)

    # -- Deadlines ---------------------------------------------------------------------------------------------------

    def _await(self, stage: Stage, seconds: float) -> None:
        self._stage = stage
        if self.flow.write_paused:
            seconds = min(seconds, self._limits.send_seconds)
        self.deadline = self._admission.now + seconds

    def _await_response(self) -> None:
        """Nothing limits the application here; but the rest of a body must arrive."""
        cycle = self._next
        has_more = cycle is not None and cycle.more_body
        self._await(Stage.RESPONSE, self._limits.body_seconds if has_more else inf)

    def pause_writing(self) -> None:
        """Called by the event loop when the client does not read."""
        super().pause_writing()
        self.deadline = min(self.deadline, self._admission.now + self._limits.send_seconds)

    def resume_writing(self) -> None:
        """Called by the event loop when the client has read enough."""
        super().resume_writing()
        if self._stage is Stage.RESPONSE:
            self._await_response()

    def _check_body_rate(self, now: float) -> None:
        """Refuse a body of which too little has arrived in a period, unless the application reads it as slowly."""
        if self._next is None or not self._next.more_body or self._next is not self.cycle:
            self.deadline = inf
            return
        received = self._body_bytes - self._period_began_with
        if not self.flow.read_paused and self._limits.is_slow(received):
            self._refuse(rows.BODY_SECONDS)
            return
        self._period_began_with = self._body_bytes
        self.deadline = now + self._limits.body_seconds

    # -- Refusals ----------------------------------------------------------------------------------------------------

    def _refuse(self, limit: Limit, error: ShikakuError | None = None) -> None:
        """Refuse the request whose turn it is, or would be next. `error`: another one than the limit's.

        Who exceeds a limit again and again waits for it: connecting anew costs more than being refused.
        """
        if limit.waits and self._is_refused_often():
            self._late_refusal = limit
            self._is_deaf = True
            self.flow.pause_reading()
            self._await(Stage.REFUSAL, _PAUSE_SECONDS)
        else:
            self._refuse_now(limit, error)

    def _is_refused_often(self) -> bool:
        """Whether this address had many refusals in this second; not if others may share the address or the answer."""
        cycle = self._next
        is_answered = cycle is not None and self._stage in (Stage.TURN, Stage.RESPONSE)
        address = self._address if self._is_own and not is_answered else None
        return address is not None and self._admission.is_refused_often(address)

    def _refuse_now(self, limit: Limit, error: ShikakuError | None = None) -> None:
        self._admission.count_refusal(limit)
        cycle = self._next
        error = error or limit.error
        assert error is not None
        if cycle is None or cycle.response_complete:
            self._write_refusal(error, closes=True)
        elif cycle.response_started:
            self._disconnect_application()
            self._end(self._limits.send_seconds)
            self.transport.abort()
            return
        elif limit.closes or not cycle.keep_alive or cycle.more_body:
            self._write_refusal(error, closes=True, has_body=cycle.scope["method"] != "HEAD")
            self._disconnect_application()
        else:
            self._write_refusal(error, closes=False, has_body=cycle.scope["method"] != "HEAD")
            cycle.response_complete = True
            self.on_response_complete()
            self._pause_after(error)
            return
        self._linger()

    def _pause_after(self, error: ShikakuError) -> None:
        """Read nothing for a while from who has no token, or has an excess: refusals have a cost, too.

        Not if others may share the connection: behind a listed proxy, or a Unix socket.
        """
        is_suspect = not self._is_known or self._admission.requests.has_excess(self._client)
        if self._stage is Stage.IDLE and self._is_own and is_suspect:
            self.flow.pause_reading()
            self._await(Stage.PAUSE, error.retry_after or self._pause_seconds)
            if not self._is_known:
                self._pause_seconds = min(2 * self._pause_seconds, _MAX_PAUSE_SECONDS)

    def _write_refusal(self, error: ShikakuError, *, closes: bool, has_body: bool = True) -> None:
        defaults = self.server_state.default_headers
        self.transport.write(refusal(error, defaults, closes=closes, has_body=has_body))

    def _disconnect_application(self) -> None:
        """Let the application, if it answers a request of this connection, learn that nobody reads the answer."""
        cycle = self._next
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()

    def _linger(self) -> None:
        """End the connection as soon as the client does, and discard meanwhile what it still sends."""
        self._end(_LINGER_SECONDS)
        self.flow.resume_reading()
        if self.transport.can_write_eof() and not self.transport.is_closing():
            with suppress(OSError):  # the client has gone meanwhile
                self.transport.write_eof()

    def _end(self, seconds: float) -> None:
        self._is_deaf = True
        self._await(Stage.END, seconds)


def _is_unix(transport: asyncio.BaseTransport) -> bool:
    """Whether a connection came over a Unix socket; an unknown peer's address alone does not say so."""
    connected = transport.get_extra_info("socket")
    return connected is not None and connected.family == socket.AF_UNIX
