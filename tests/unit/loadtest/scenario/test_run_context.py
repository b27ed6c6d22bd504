"""A run in progress with its background tasks."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from loadtest.scenario.run_context import BackgroundTask, RunContext, run_generators
from loadtest.target import LoadError


class FakePool:
    """A pool of generators that runs until everything is answered."""

    def __init__(self) -> None:
        self.started = False
        self.answered = asyncio.Event()

    def start_load(self) -> None:
        self.started = True

    async def result(self) -> str:
        await self.answered.wait()
        return "result"


def run(generators: FakePool, *background_tasks: BackgroundTask) -> tuple[RunContext, Any]:
    return asyncio.run(
        run_generators(cast(Any, generators), cast(Any, None), cast(Any, None), background_tasks)
    )


def test_a_background_task_starts_and_ends_with_the_run() -> None:
    generators, events = FakePool(), list[str]()

    async def task(context: RunContext) -> None:
        assert context.generators is cast(Any, generators)
        assert generators.started
        events.append("begun")
        generators.answered.set()
        try:
            await context.until(1e6)
        finally:
            events.append("ended")

    context, result = run(generators, task)
    assert (events, result) == (["begun", "ended"], "result")
    assert context.started_at.tzinfo is not None
    assert context.elapsed() >= 0


def test_an_error_of_a_background_task_ends_the_run() -> None:
    async def task(_: RunContext) -> None:
        raise LoadError("the database is unreachable")

    with pytest.raises(LoadError, match="the database is unreachable"):
        run(FakePool(), task)


def test_a_background_task_may_end_before_the_run() -> None:
    generators = FakePool()

    async def task(_: RunContext) -> None:
        generators.answered.set()

    assert run(generators, task)[1] == "result"
