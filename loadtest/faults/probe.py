"""Asks a component again and again while a fault lasts: the counter that shows that it is broken."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

from loadtest.http_client.connection import ConnectionFailed, request, with_body
from loadtest.http_client.pool import ConnectionPool
from loadtest.tasks import cancel_and_wait

ANSWERED, UNANSWERED = "answered", "unanswered"

_INTERVAL_S = 0.5
_TIMEOUT_S = 0.5
"""An answer that takes longer counts as none."""


class Probe:
    """Counts the results of a question that it asks twice a second. `ask` returns the result's name."""

    def __init__(self, ask: Callable[[], Awaitable[str]]) -> None:
        self.results: Counter[str] = Counter()
        self._ask = ask
        self._asking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Ask until stopped."""
        self._asking = asyncio.create_task(self._ask_repeatedly())

    async def stop(self) -> None:
        """Ask no longer. Raises the error with which a question failed."""
        if self._asking is not None:
            await cancel_and_wait(self._asking)
            self._asking = None

    async def _ask_repeatedly(self) -> None:
        while True:
            self.results[await self._ask()] += 1
            await asyncio.sleep(_INTERVAL_S)


async def answers(url: str) -> str:
    """Whether a server answers at all, soon, whatever its answer."""
    async with ConnectionPool(url, max_connections=1, timeout_seconds=_TIMEOUT_S) as pool:
        try:
            await pool.exchange(with_body(request("GET", "/healthz", host=pool.host)))
        except ConnectionFailed:
            return UNANSWERED
        return ANSWERED
