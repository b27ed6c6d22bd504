"""The connections of the web face: uvicorn's HTTP/1.1, with an end to the wait for a request's head.

uvicorn waits without end for the first request of a connection, and for the rest of a head that has begun.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0


class TimedProtocol(H11Protocol):
    """Closes a connection on which no complete head arrives in time, after its start or after an answer."""

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._wait_for_head()

    def on_response_complete(self) -> None:
        """A request was answered."""
        super().on_response_complete()
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        self._stop_waiting()
        self._waiting = self.loop.call_later(HEAD_SECONDS, self._head_is_late)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()

    def _head_is_late(self) -> None:
        cycle: Any = self.cycle  # None before the first request, whatever uvicorn declares
        if cycle is None or cycle.response_complete:
            self.transport.close()
