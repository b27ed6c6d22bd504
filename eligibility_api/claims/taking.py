"""Taking a receipt file: read part by part in a thread, while what was read before goes into the store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial

from eligibility_api.claims import storing
from eligibility_api.claims.found import MOST_FAULTS, Found, beyond
from eligibility_api.claims.queue import Task
from eligibility_api.claims.reading.block import Block
from eligibility_api.claims.reading.reader import Reader
from eligibility_api.claims.rows import row
from eligibility_api.claims.storing import Chunk
from eligibility_api.database.connections import Database
from eligibility_api.uploads import parts


async def take(database: Database, task: Task) -> None:
    """Take a file to its end. What an earlier reading has stored is passed over: the same bytes are read alike.

    Raises `file-lost`, `claims-unreadable`.
    """
    await parts.check(database, task.file_id, task.parts)
    faults_kept = await storing.begin(database, task)
    found = Found()
    writing: asyncio.Task[None] | None = None
    try:
        async for read in _reads(database, task):
            chunk = await asyncio.to_thread(_chunk, read, task, faults_kept, found)
            if writing is not None:
                await writing
            writing = asyncio.create_task(storing.keep(database, task, chunk))
        if writing is not None:
            await writing
    finally:
        if writing is not None and not writing.done():
            writing.cancel()
    await storing.conclude(database, task, found)


async def _reads(database: Database, task: Task) -> AsyncIterator[Callable[[], Block]]:
    reader = Reader(task.insurer_number)
    async for part in parts.read(database, task.file_id, task.parts):
        yield partial(reader.feed, part)
    yield reader.finish


def _chunk(read: Callable[[], Block], task: Task, faults_kept: int, found: Found) -> Chunk:
    """Read a block, count it, and make of it what is not stored yet."""
    block = read()
    before, faults_before = found.good, found.faults.total()
    found.add(block)
    return Chunk(
        [row(task.file_id, receipt) for receipt in beyond(block.receipts, before, task.taken)],
        beyond(block.faults, faults_before, faults_kept, MOST_FAULTS),
        max(before, task.taken),
    )
