"""A drive, and whoever works beside it."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from loadtest.scenario.run_context import Beside, Course, drive
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


def driven(crew: FakeCrew, *besides: Beside) -> tuple[Course, Any]:
    return asyncio.run(drive(cast(Any, crew), cast(Any, None), cast(Any, None), besides))


def test_what_works_beside_begins_with_the_drive_and_ends_with_it() -> None:
    crew, told = FakeCrew(), list[str]()

    async def beside(course: Course) -> None:
        assert course.crew is cast(Any, crew)
        assert crew.begun
        told.append("begun")
        crew.answered.set()
        try:
            await course.until(1e6)
        finally:
            told.append("ended")

    course, sight = driven(crew, beside)
    assert (told, sight) == (["begun", "ended"], "sight")
    assert course.began_at.tzinfo is not None
    assert course.elapsed() >= 0


def test_what_goes_wrong_beside_ends_the_drive() -> None:
    async def beside(_: Course) -> None:
        raise LoadError("the database is gone")

    with pytest.raises(LoadError, match="the database is gone"):
        driven(FakeCrew(), beside)


def test_work_that_is_over_before_the_drive_is_no_fault() -> None:
    crew = FakeCrew()

    async def beside(_: Course) -> None:
        crew.answered.set()

    assert driven(crew, beside)[1] == "sight"
