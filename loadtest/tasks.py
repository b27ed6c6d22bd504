"""Tasks that work together, or beside something: how they end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def ungrouped() -> Iterator[None]:
    """Raise the first error of a group as itself: whoever waits for a whole has no use for its parts."""
    try:
        yield
    except BaseExceptionGroup as group:
        raise _first(group) from group


async def called_off(task: asyncio.Task[None]) -> None:
    """End a task that would go on for ever. Raises what it failed with before."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
