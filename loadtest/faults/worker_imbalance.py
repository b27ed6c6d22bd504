"""One worker hot: all connections lie at one of the API's workers, as where a balancer counts wrongly."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence

from loadtest.faults import stack_processes
from loadtest.faults.fault import Remark, Scene

CONNECTIONS = 128
"""What the generators open anew while only one worker takes connections."""

AFTER_S = 1.0
"""So long after the other workers stand still the generators open them: whoever lets them stand still may be late."""

_LOOK_S, _MOST_S = 0.1, 2.5
_HOT = 0.9
"""The share of the connections from which one worker counts as hot: a generator opens more where it needs them."""


class Hot:
    """While the generators give their connections up and open new ones, every worker but one stands still.

    For `_MOST_S` at the longest: the process that looks after the workers would take a longer silence for their death.
    """

    def __init__(self, scene: Scene) -> None:
        """Raises LoadError where the API does not run here."""
        self._there = scene.there
        self._workers = sorted(
            stack_processes.api_workers(self._there)
        )  # looking for them takes too long for an instant
        self._stopped = set(self._workers[1:])
        self._share = 0.0

    async def inflict(self) -> None:
        """Let new connections come to one worker alone."""
        hot = self._workers[0]
        try:
            stack_processes.stop(self._stopped)
            await self._look_until(lambda held: held[hot] >= _HOT * CONNECTIONS)
        finally:
            stack_processes.go_on(self._stopped)
        # What was under way at the others when they stood still ends only now, and its connections with it.
        await self._look_until(lambda _: self._share >= _HOT)

    async def _look_until(self, enough: Callable[[Counter[int]], bool]) -> None:
        deadline = time.monotonic() + _MOST_S
        while time.monotonic() < deadline:
            await asyncio.sleep(_LOOK_S)
            held = stack_processes.connections(self._there, self._workers)
            self._share = held[self._workers[0]] / max(1, held.total())
            if enough(held):
                return

    async def lift(self) -> None:
        """Nothing but certainty: the generators open new connections, which any worker takes."""
        stack_processes.go_on(self._stopped)

    async def remarks(self, _: Sequence[bytes]) -> list[Remark]:
        """Whether one worker was hot. With a single worker there was nothing to do."""
        cold = f"one worker had {self._share:.0%} of the connections: none was hot"
        return [
            Remark("workers", len(self._workers)),
            Remark("connections_at_one", round(self._share, 3), cold if self._share < _HOT else None),
        ]
