"""How long a job rests after a step, so that requests are answered as if there were no job.

Jobs have a process and connections of their own, but share the database's processors and disk with requests. A
step is bounded. After it the job rests for as long as the step took, times the number of requests' statements
that were running at its end: beside one busy request it takes half of the time, beside nine a tenth. Without
requests it does not rest.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

MAX_REST_SECONDS = 1.0
"""The longest rest: under any load, a job makes a step within it."""


def rest_seconds(took: float, running: int, *, min_ratio: float = 0.0) -> float:
    """The rest after a step that took `took` seconds beside `running` statements of requests.

    `min_ratio` is the share of the step's time for which a job rests even without requests.
    """
    return min(max(took, 0.0) * (min_ratio + max(running, 0)), MAX_REST_SECONDS)


@dataclass(frozen=True, slots=True)
class Pacer:
    """Measures steps and rests after them. Tests pass their own clock and sleep."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def rest(self, began: float, running: int, *, min_ratio: float = 0.0) -> None:
        """Rest after the step that began at `began`, by the same clock."""
        await self.sleep(rest_seconds(self.now() - began, running, min_ratio=min_ratio))
