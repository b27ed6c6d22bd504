"""The job of claim files: parses the most urgent file part by part and stores its claims.

Every step is repeatable: an interrupted reading continues behind what it has stored.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial

import structlog

from eligibility_api.claims import writer
from eligibility_api.claims.progress import Progress, unstored
from eligibility_api.claims.queue import QUEUE, UNREAD, ClaimTask
from eligibility_api.claims.reading.block import Block, join
from eligibility_api.claims.reading.reader import Reader
from eligibility_api.claims.tables import claim_row
from eligibility_api.claims.writer import Chunk
from eligibility_api.contract.errors import ErrorKind, ShikakuError
from eligibility_api.contract.lines import MAX_FAULTS
from eligibility_api.database.connections import Database
from eligibility_api.files import parts
from eligibility_api.files.streaming import in_turn, pieces, write_behind

log = structlog.get_logger()


async def run_step(database: Database, max_bytes: int | None = None) -> bool:
    """Perform one step of one file (of at most `max_bytes`); returns whether any was pending."""
    async with database.transaction() as guard:
        task = await QUEUE.next_task(guard, max_bytes)
        if task is None:
            return False
        if task.state in UNREAD:
            await _attempt(database, task)
        else:
            await QUEUE.clean_up(database, task)
        return True


async def _attempt(database: Database, task: ClaimTask) -> None:
    try:
        await _ingest(database, task)
    except ShikakuError as error:
        if error.entry.kind is ErrorKind.TECHNICAL:
            raise
        await writer.refuse(database, task, error.code)
    except Exception as error:
        # A defect of this program; the next file must not wait for it.
        log.error("claim_file_failed", cause=type(error).__name__, exc_info=error)
        if task.failed_before:
            await writer.refuse(database, task, "internal")
        else:
            async with database.transaction() as connection:
                await QUEUE.retry_later(connection, task)


async def _ingest(database: Database, task: ClaimTask) -> None:
    """Parse and store a file completely; raises `file-lost`, `claims-unreadable`.

    What an interrupted reading has stored is skipped: parsing is deterministic.
    """
    await parts.check_complete(database, task.file_id, task.parts)
    faults_stored = await writer.begin(database, task)
    progress = Progress()

    async def chunks() -> AsyncIterator[Chunk]:
        async for steps in _parse_steps(database, task):
            block = join([await in_turn(parse) for parse in steps])
            yield await in_turn(partial(_chunk, block, task, faults_stored, progress))

    async def write(chunk: Chunk) -> None:
        await writer.store(database, task, chunk)

    await write_behind(chunks(), write)
    await writer.conclude(database, task, progress)


async def _parse_steps(database: Database, task: ClaimTask) -> AsyncIterator[Sequence[Callable[[], Block]]]:
    """The turns that each part takes."""
    reader = Reader(task.insurer_number)
    async for part in parts.read(database, task.file_id, task.parts):
        yield [partial(reader.feed, piece) for piece in pieces(part)]
    yield [reader.finish]


def _chunk(block: Block, task: ClaimTask, faults_stored: int, progress: Progress) -> Chunk:
    """Count a block, and select what is not stored yet."""
    before, faults_before = progress.valid, progress.faults.total()
    progress.add(block)
    return Chunk(
        [claim_row(task.file_id, claim) for claim in unstored(block.claims, before, task.stored)],
        unstored(block.faults, faults_before, faults_stored, MAX_FAULTS),
        max(before, task.stored),
    )
