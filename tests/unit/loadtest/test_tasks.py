"""Errors of tasks that worked together."""

from __future__ import annotations

import asyncio

import pytest

from loadtest.target import LoadError
from loadtest.tasks import unwrap_exception_group


async def _fail() -> None:
    raise LoadError("the house is gone")


async def _nested() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_fail())


async def _together() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_nested())


def test_a_group_of_errors_is_raised_as_its_first() -> None:
    with pytest.raises(LoadError, match="the house is gone"), unwrap_exception_group():
        asyncio.run(_together())


def test_an_error_alone_stays_as_it_is() -> None:
    with pytest.raises(LoadError), unwrap_exception_group():
        raise LoadError("alone")
