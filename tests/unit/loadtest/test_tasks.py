"""Errors of grouped tasks, and the end of background tasks."""

from __future__ import annotations

import asyncio

import pytest

from loadtest.target import LoadError
from loadtest.tasks import unwrap_exception_group


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
