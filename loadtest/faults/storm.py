"""The storm: every worker of the API is killed under load, and every site signs in anew while they come back.

It belongs to the level `storm`, whose plan draws the sign-ins. Whose connection the restart cuts begins once more, as a
terminal does; how often that happened is among the requests of the report.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

from loadtest.faults import stack_processes
from loadtest.faults.fault import Expectation, Fault, Remark, Scene, always
from loadtest.scenario.levels import STORM_SECONDS
from loadtest.target import LoadError

_LOOK_S = 0.1
_PATIENCE_S = 120.0


class RestartApi:
    """Kills all workers at once, and looks how long until as many others are there."""

    def __init__(self, scene: Scene) -> None:
        """Raises LoadError where the API does not run on this machine."""
        self._there = scene.there
        stack_processes.api_workers(self._there)
        self._killed: set[int] = set()
        self._looking: asyncio.Task[float | None] | None = None

    async def inflict(self) -> None:
        """Kill them. Raises LoadError where the API does not run on this machine."""
        self._killed = stack_processes.api_workers(self._there)
        for pid in self._killed:
            stack_processes.kill(pid)
        self._looking = asyncio.create_task(self._until_others())

    async def lift(self) -> None:
        """Nothing: the service has to bring its workers back."""

    async def remarks(self, _: Sequence[bytes]) -> list[Remark]:
        """How many were killed, and after how many seconds others were there."""
        if self._looking is None:
            return []
        after = await self._looking
        never = None if after is not None else f"no workers again within {_PATIENCE_S:g} s"
        return [Remark("workers_killed", len(self._killed)), Remark("other_workers_after_s", after, never)]

    async def _until_others(self) -> float | None:
        began = time.monotonic()
        while (passed := time.monotonic() - began) < _PATIENCE_S:
            with suppress(LoadError):
                if len(stack_processes.api_workers(self._there) - self._killed) >= len(self._killed):
                    return round(passed, 1)
            await asyncio.sleep(_LOOK_S)
        return None


STORM = Fault(
    "storm",
    "every worker of the API is killed under load, and every site signs in within the minute after it",
    always(
        Expectation(
            "No error but 503 with Retry-After; whose connection the restart cut is answered when she begins once more."
            " Within 60 s of the restart 99 % of the checks take 500 ms at most again.",
            errors=frozenset({"overloaded", "database-unavailable"}),
            answered=0.0,
            p99_ms=None,
            back_within_s=STORM_SECONDS,
        )
    ),
    RestartApi,
    at_once=True,
)
