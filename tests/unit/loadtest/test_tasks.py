"""Errors of grouped tasks, and the end of background tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from loadtest.errors import LoadError
from loadtest.tasks import cancel_and_wait, unwrap_exception_group


async def _fail() -> None:
    raise LoadError("the stack has ended")


async def _nested() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_fail())


async def _together() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_nested())


def test_the_first_error_of_a_group_is_raised() -> None:
    with pytest.raises(LoadError, match="the stack has ended"), unwrap_exception_group():
        asyncio.run(_together())


def test_a_single_error_is_not_changed() -> None:
    with pytest.raises(LoadError), unwrap_exception_group():
        raise LoadError("alone")


def test_a_group_within_a_group_is_unwrapped_to_its_first_error() -> None:
    inner = ExceptionGroup("inner", [LoadError("first"), ValueError("second")])
    with pytest.raises(LoadError, match="first") as raised, unwrap_exception_group():
        raise ExceptionGroup("outer", [inner, KeyError("third")])
    assert isinstance(raised.value.__cause__, ExceptionGroup)


def test_an_interruption_stays_an_interruption() -> None:
    with pytest.raises(KeyboardInterrupt), unwrap_exception_group():
        raise BaseExceptionGroup("outer", [KeyboardInterrupt()])


async def _endless(began: asyncio.Event) -> None:
    began.set()
    await asyncio.Event().wait()


async def _ended_by(work: Coroutine[Any, Any, None], began: asyncio.Event) -> asyncio.Task[None]:
    task = asyncio.create_task(work)
    await began.wait()
    await cancel_and_wait(task)
    return task


def test_an_endless_task_is_cancelled_and_has_ended() -> None:
    async def run() -> bool:
        began = asyncio.Event()
        return (await _ended_by(_endless(began), began)).cancelled()

    assert asyncio.run(run())


def test_a_task_that_failed_before_its_end_raises_its_error() -> None:
    async def failing(began: asyncio.Event) -> None:
        began.set()
        raise LoadError("the database went away")

    async def run() -> None:
        began = asyncio.Event()
        await _ended_by(failing(began), began)

    with pytest.raises(LoadError, match="went away"):
        asyncio.run(run())


def test_what_a_task_does_at_its_cancellation_is_awaited() -> None:
    done: list[str] = []

    async def tidy(began: asyncio.Event) -> None:
        try:
            await _endless(began)
        finally:
            await asyncio.sleep(0)
            done.append("tidied")

    async def run() -> None:
        began = asyncio.Event()
        await _ended_by(tidy(began), began)

    asyncio.run(run())
    assert done == ["tidied"]
