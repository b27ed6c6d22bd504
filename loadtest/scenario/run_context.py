"""A drive that is under way, and whoever works beside it: samplers, faults."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Any

from loadtest.clock import now
from loadtest.dataset.provision import Dataset
from loadtest.generator.pool import Crew, Sight
from loadtest.target import Surroundings
from loadtest.tasks import ungrouped


@dataclass(frozen=True, slots=True)
class Course:
    """What is driven against what, by whom, since when: `began` by `perf_counter`, `began_at` aware."""

    there: Surroundings
    dataset: Dataset
    crew: Crew
    began: float
    began_at: datetime

    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return perf_counter() - self.began

    async def until(self, seconds: float) -> None:
        """Wait for an instant, in seconds from the beginning."""
        await asyncio.sleep(max(0.0, seconds - self.elapsed()))


Beside = Callable[[Course], Coroutine[Any, Any, None]]
"""Work beside a drive: begun with it, cancelled after its last answer and waited for. What it raises ends the drive."""


async def drive(
    crew: Crew, there: Surroundings, dataset: Dataset, besides: Sequence[Beside]
) -> tuple[Course, Sight]:
    """Let a crew that is ready drive to the end. Raises LoadError, and whatever works beside it raises."""
    with ungrouped():
        async with asyncio.TaskGroup() as group:
            crew.go()
            course = Course(there, dataset, crew, perf_counter(), now())
            tasks = [group.create_task(work(course)) for work in besides]
            sight = await crew.done()
            for task in tasks:
                task.cancel()
    return course, sight
