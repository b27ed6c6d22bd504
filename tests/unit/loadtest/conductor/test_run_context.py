"""A run in progress with its background tasks."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from loadtest.conductor.run_context import BackgroundTask, RunContext, run_generators
from loadtest.errors import LoadError


class FakeConductor:
    """A conductor whose run lasts until everything is answered."""

    def __init__(self) -> None:
        self.started = False
        self.answered = asyncio.Event()

    async def start_load(self) -> None:
        self.started = True

    async def result(self) -> str:
        await self.answered.wait()
        return "result"


def run(conductor: FakeConductor, *background_tasks: BackgroundTask) -> tuple[RunContext, Any]:
    return asyncio.run(
        run_generators(cast(Any, conductor), cast(Any, None), cast(Any, None), background_tasks)
    )


def test_a_background_task_starts_and_ends_with_the_run() -> None:
    conductor, events = FakeConductor(), list[str]()

    async def task(context: RunContext) -> None:
        assert context.conductor is cast(Any, conductor)
        assert conductor.started
        events.append("begun")
        conductor.answered.set()
        try:
            await context.until(1e6)
        finally:
            events.append("ended")

    context, result = run(conductor, task)
    assert (events, result) == (["begun", "ended"], "result")
    assert context.started_at.tzinfo is not None
    assert context.elapsed() >= 0


def test_an_error_of_a_background_task_ends_the_run() -> None:
    async def task(_: RunContext) -> None:
        raise LoadError("the database is unreachable")

    with pytest.raises(LoadError, match="the database is unreachable"):
        run(FakeConductor(), task)


def test_a_background_task_may_end_before_the_run() -> None:
    conductor = FakeConductor()

    async def task(_: RunContext) -> None:
        conductor.answered.set()

    assert run(conductor, task)[1] == "result"
