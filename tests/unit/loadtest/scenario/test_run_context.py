"""A drive, and whoever works beside it."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from loadtest.scenario.run_context import BackgroundTask, RunContext, drive
from loadtest.target import LoadError


class FakeCrew:
    """Drives until it is told that everything is answered."""

    def __init__(self) -> None:
        self.begun = False
        self.answered = asyncio.Event()

    def go(self) -> None:
        self.begun = True

    async def done(self) -> str:
        await self.answered.wait()
        return "sight"


def driven(generators: FakeCrew, *background_tasks: BackgroundTask) -> tuple[RunContext, Any]:
    return asyncio.run(drive(cast(Any, generators), cast(Any, None), cast(Any, None), background_tasks))


def test_what_works_beside_begins_with_the_drive_and_ends_with_it() -> None:
    generators, told = FakeCrew(), list[str]()

    async def beside(context: RunContext) -> None:
        assert context.generators is cast(Any, generators)
        assert generators.begun
        told.append("begun")
        generators.answered.set()
        try:
            await context.until(1e6)
        finally:
            told.append("ended")

    context, result = driven(generators, beside)
    assert (told, result) == (["begun", "ended"], "sight")
    assert context.started_at.tzinfo is not None
    assert context.elapsed() >= 0


def test_what_goes_wrong_beside_ends_the_drive() -> None:
    async def beside(_: RunContext) -> None:
        raise LoadError("the database is gone")

    with pytest.raises(LoadError, match="the database is gone"):
        driven(FakeCrew(), beside)


def test_work_that_is_over_before_the_drive_is_no_fault() -> None:
    generators = FakeCrew()

    async def beside(_: RunContext) -> None:
        generators.answered.set()

    assert driven(generators, beside)[1] == "sight"
