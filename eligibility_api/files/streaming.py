"""Streams a file in flat memory: takes turns to parse it, and overlaps that with writing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

PIECE_BYTES = 64 * 1024
"""Bytes that are parsed in one turn: at the worst, with a row per three bytes, some tenths of a second."""

_PARSER = ThreadPoolExecutor(1, thread_name_prefix="parse")
"""One thread for all files: a second one would only compete for the interpreter, with this and the batches."""

T = TypeVar("T")


def pieces(part: bytes) -> Iterator[bytes]:
    """The pieces of a part, each of which is parsed in a turn of its own."""
    return (part[start : start + PIECE_BYTES] for start in range(0, len(part), PIECE_BYTES))


async def in_turn(parse: Callable[[], T]) -> T:
    """Run `parse`, a bounded amount of work, once all files that already wait have had their turn."""
    return await asyncio.get_running_loop().run_in_executor(_PARSER, parse)


async def write_behind(blocks: AsyncIterator[T], write: Callable[[T], Coroutine[Any, Any, None]]) -> None:
    """Write each block while the next one is parsed; at most one write at a time, in order."""
    writing: asyncio.Task[None] | None = None
    try:
        async for block in blocks:
            if writing is not None:
                await writing
            writing = asyncio.create_task(write(block))
        if writing is not None:
            await writing
    finally:
        if writing is not None and not writing.done():
            writing.cancel()
