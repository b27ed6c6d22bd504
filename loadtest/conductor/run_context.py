"""The context of a run in progress, and the background tasks that accompany it: progress reports, faults."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Any

from loadtest.clock import now
from loadtest.conductor.run_handle import Conductor, RunResult
from loadtest.dataset.provision import Dataset
from loadtest.target import TargetEnvironment
from loadtest.tasks import unwrap_exception_group


@dataclass(frozen=True, slots=True)
class RunContext:
    """A run in progress. `began`: its start by `perf_counter`; `started_at`: the same, aware."""

    target: TargetEnvironment
    dataset: Dataset
    conductor: Conductor
    began: float
    started_at: datetime

    def elapsed(self) -> float:
        """Seconds since the start."""
        return perf_counter() - self.began

    async def until(self, seconds: float) -> None:
        """Wait until so many seconds after the start."""
        await asyncio.sleep(max(0.0, seconds - self.elapsed()))


BackgroundTask = Callable[[RunContext], Coroutine[Any, Any, None]]
"""Runs in parallel to the generators.

It is started with them and cancelled after the last answer. Its errors end the run.
"""


async def run_generators(
    conductor: Conductor,
    target: TargetEnvironment,
    dataset: Dataset,
    background_tasks: Sequence[BackgroundTask],
) -> tuple[RunContext, RunResult]:
    """Start generators that are ready, and wait for their result.

    Raises LoadError, and any error of a background task.
    """
    with unwrap_exception_group():
        async with asyncio.TaskGroup() as group:
            await conductor.start_load()
            context = RunContext(target, dataset, conductor, perf_counter(), now())
            tasks = [group.create_task(task(context)) for task in background_tasks]
            result = await conductor.result()
            for task in tasks:
                task.cancel()
    return context, result
