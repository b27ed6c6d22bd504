"""What the connections of one worker share: the limits, the turns of requests, and the clock that ends each wait."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager, suppress
from math import inf
from typing import Protocol

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.platform.telemetry import IN_PROGRESS, OPEN_CONNECTIONS, WAITING
from eligibility_api.web.server import refusals
from eligibility_api.web.server.connection_table import ConnectionTable
from eligibility_api.web.server.direct import DirectAnswer
from eligibility_api.web.server.fair_share import FairShare
from eligibility_api.web.server.limits import Limit, ServerLimits
from eligibility_api.web.server.request_kind import KindOf, usual_kind

log = structlog.get_logger()

APP_STATE_KEY = "admission"
"""Where the protocol finds the admission in the state that the application's lifespan provides."""

ReadToken = Callable[[str, str | None], Hashable]
"""Returns the client of an access token, given the request's client certificate. Raises ShikakuError if it is not valid."""

_SWEEPS_PER_SECOND = 4

_LINE_CHECK_SECONDS = 0.01
"""How often it is checked, while requests wait, whether one has waited too long."""

OFTEN = 16
"""Whose address had more refusals in a second than these, or whose connection more answers about the service's state,
waits for further ones."""

_REPORT_SECONDS = 1.0
"""Refusals are logged by limit and number, so that a flood of them is no flood of lines."""


class Connection(Protocol):
    """What the admission needs of a connection."""

    deadline: float
    """When it must have done what it waits for, by the event loop's clock."""

    @property
    def awaits_client(self) -> bool:
        """Whether nothing is being answered on it."""

    def expire(self, now: float) -> None:
        """The deadline has passed."""

    def start_request(self) -> None:
        """The turn of its waiting request has come."""

    def refuse_overdue(self) -> None:
        """Its waiting request has waited too long for the worker."""


class Admission:
    """The limits of one worker, and what counts against them."""

    def __init__(
        self,
        limits: ServerLimits,
        read_token: ReadToken,
        clock: Callable[[], float],
        kind_of: KindOf = usual_kind,
    ) -> None:
        self.limits = limits
        self.kind_of = kind_of
        self.answer_directly: DirectAnswer | None = None
        self.requests: FairShare[Connection] = FairShare(limits.max_requests)
        self.table: ConnectionTable[Connection] = ConnectionTable(
            limits.max_connections, lambda connection: connection.awaits_client
        )
        self.open: set[Connection] = set()
        """Every connection that has not ended, also those that were closed and are still sending."""
        self.now = clock()
        """The time of the last sweep: precise enough for deadlines, and free of cost."""
        self._clock = clock
        self._refused: Counter[str] = Counter()
        self._refused_addresses: Counter[str] = Counter()
        """Refusals that wait, by address: those of the second that ends at `_next_report`."""
        self._next_report = self.now
        self._read_token = read_token
        self._line_check: asyncio.TimerHandle | None = None
        self._line_check_at = self.now

    def client_of(self, token: str | None, certificate: str | None = None) -> Hashable:
        """The client whom a token names. Raises ShikakuError unless it is valid, and this certificate's if it is bound."""
        if token is None:
            raise ShikakuError("token-missing")
        return self._read_token(token, certificate)

    def count_refusal(self, limit: Limit) -> None:
        """Count a refusal in the metrics, and for the log."""
        refusals.count(limit)
        self._refused[limit.name] += 1

    def is_refused_often(self, address: str) -> bool:
        """Count a refusal of an address; returns whether it had many in this second."""
        self._refused_addresses[address] += 1
        return self._refused_addresses[address] > OFTEN

    def watch_line(self, loop: asyncio.AbstractEventLoop) -> None:
        """Check the waiting requests soon, and again as long as one waits."""
        if self._line_check is None:
            self._line_check_at = self._clock() + _LINE_CHECK_SECONDS
            self._line_check = loop.call_later(_LINE_CHECK_SECONDS, self._check_line, loop)

    def _check_line(self, loop: asyncio.AbstractEventLoop) -> None:
        self._line_check = None
        # A check that comes late, as when the process got no processor, counts no more than what was waited until then:
        # nothing that waits had its chance to start meanwhile. The next check, in a moment, counts all.
        for connection in self.requests.remove_overdue(min(self._clock(), self._line_check_at)):
            connection.refuse_overdue()
        if self.requests.waiting:
            self.watch_line(loop)

    def sweep(self) -> None:
        """End the waits that are over, start what may start now, and log how often each limit refused."""
        self.now = self._clock()
        for connection in [one for one in self.open if one.deadline <= self.now]:
            connection.deadline = inf  # also if this fails
            connection.expire(self.now)
        for connection in self.requests.forget_inactive(self.now):
            connection.start_request()
        self._measure()
        if (self._refused or self._refused_addresses) and self.now >= self._next_report:
            self._next_report = self.now + _REPORT_SECONDS
            self._refused_addresses.clear()
            refused, self._refused = self._refused, Counter()
            for limit, count in refused.items():
                log.warning("refused", reason=limit, entries=count)

    def _measure(self) -> None:
        """Set the gauges of the load: as often as the sweep, since a request must not pay for them."""
        IN_PROGRESS.set(self.requests.in_progress)
        WAITING.set(self.requests.waiting)
        OPEN_CONNECTIONS.set(len(self.open))

    @asynccontextmanager
    async def sweeping(self) -> AsyncIterator[None]:
        """Sweep regularly inside the context."""
        task = asyncio.ensure_future(self._sweep_for_ever())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(1 / _SWEEPS_PER_SECOND)
            # Every wait must have its end, whatever happened to one connection, and if nothing can be logged either.
            with suppress(Exception):
                try:
                    self.sweep()
                except Exception as error:
                    log.error("internal", cause=type(error).__name__, exc_info=error)


def as_get(app: ASGIApp) -> ASGIApp:
    """The application for a HEAD request: it answers like GET, and the server sends no body (RFC 9110 section 9.3.2)."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "method": "GET"}, receive, send)

    return answered
