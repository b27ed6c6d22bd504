"""Worker imbalance: all connections are at one of the API's workers, as behind a faulty load balancer."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence

from loadtest.faults import stack_processes
from loadtest.faults.fault import FaultContext, Finding

CONNECTIONS = 128
"""Connections that the generators reopen while only one worker accepts any."""

RECONNECT_DELAY_S = 1.0
"""Delay of the reconnection after the other workers are paused: the injection may be a moment late."""

_POLL_S, _MAX_PAUSE_S = 0.1, 2.5
_MIN_SHARE = 0.9
"""Share of the connections from which one worker counts as overloaded: generators may open more."""


class WorkerImbalance:
    """Pauses every worker but one while the generators reopen their connections.

    For `_MAX_PAUSE_S` at most: the workers' supervisor would replace workers that are paused for longer.
    """

    def __init__(self, fault_context: FaultContext) -> None:
        """Raises LoadError if the API does not run on this machine."""
        self._target = fault_context.target
        # Locating the workers takes too long to be done at the time of the injection.
        self._workers = sorted(stack_processes.api_workers(self._target))
        self._paused = set(self._workers[1:])
        self._share = 0.0

    async def inject(self) -> None:
        """Let one worker accept all new connections."""
        busy = self._workers[0]
        try:
            stack_processes.pause(self._paused)
            await self._poll_until(lambda counts: counts[busy] >= _MIN_SHARE * CONNECTIONS)
        finally:
            stack_processes.resume(self._paused)
        # Requests in flight at the paused workers end only now, and their connections with them.
        await self._poll_until(lambda _: self._share >= _MIN_SHARE)

    async def _poll_until(self, reached: Callable[[Counter[int]], bool]) -> None:
        deadline = time.monotonic() + _MAX_PAUSE_S
        while time.monotonic() < deadline:
            await asyncio.sleep(_POLL_S)
            counts = stack_processes.connections(self._target, self._workers)
            self._share = counts[self._workers[0]] / max(1, counts.total())
            if reached(counts):
                return

    async def remove(self) -> None:
        """Make sure that no worker is paused.

        The generators reopen their connections, which any worker accepts.
        """
        stack_processes.resume(self._paused)

    async def findings(self, _: Sequence[bytes]) -> list[Finding]:
        """Whether one worker had nearly all connections; a single worker always has."""
        return [
            Finding("workers", len(self._workers)),
            Finding("connections_at_one", round(self._share, 3), took_hold=self._share >= _MIN_SHARE),
        ]
