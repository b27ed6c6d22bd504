"""Streams a file in flat memory: cuts bytes into whole lines, takes turns to parse, overlaps that with writing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

MAX_LINE_BYTES = 64 * 1024
"""A row of a member file has some hundred bytes."""

MAX_FAULTS = 10_000
"""Faults of a file that are stored with their place; further ones are only counted."""

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


class LineCutter:
    """Cuts a stream into blocks of whole lines; the bytes behind the last line break wait for the next part.

    Of a line that is too long, only as much is buffered as shows that it is.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, part: bytes) -> bytes:
        """The lines that end in `part`, each with its line break; empty if none does."""
        end = part.rfind(b"\n") + 1
        if not end:
            self._buffer(self._rest + part[: MAX_LINE_BYTES + 1])
            return b""
        block = self._rest + part[:end]
        self._buffer(part[end:])
        return block

    def finish(self) -> bytes:
        """The bytes behind the last line break, as far as they were buffered."""
        rest, self._rest = self._rest, b""
        return rest

    def _buffer(self, rest: bytes) -> None:
        self._rest = rest[: MAX_LINE_BYTES + 1]


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
