"""Helpers for asyncio tasks: unwrapping exception groups, and cancelling background tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def unwrap_exception_group() -> Iterator[None]:
    """Raise the first error of an exception group itself, so that callers need not handle groups."""
    try:
        yield
    except BaseExceptionGroup as group:
        raise _first(group) from group


async def cancel_and_wait(task: asyncio.Task[None]) -> None:
    """Cancel an endless task. Raises the error with which it had already failed."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
