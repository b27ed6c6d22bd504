"""The worker's part: takes the next receipt file that has something to be done, and does it.

Whatever is done can be done again: a reading that broke off goes on behind what it has stored.
"""

from __future__ import annotations

import structlog

from eligibility_api.claims import queue, storing
from eligibility_api.claims.queue import Task
from eligibility_api.claims.taking import take
from eligibility_api.contract.errors import ErrorKind, ShikakuError
from eligibility_api.database.connections import Database

log = structlog.get_logger()


async def piece(database: Database) -> bool:
    """One step of one file; whether there was any to do."""
    async with database.transaction() as guard:
        task = await queue.next_task(guard)
        if task is None:
            return False
        if task.state in queue.AT_WORK:
            await _attempt(database, task)
        else:
            await queue.sweep(database, task)
        return True


async def _attempt(database: Database, task: Task) -> None:
    try:
        await take(database, task)
    except ShikakuError as error:
        if error.entry.kind is ErrorKind.TECHNICAL:
            raise
        await storing.refuse(database, task, error.code)
    except Exception as error:
        # A fault of this program; the next file shall not wait for it.
        log.error("claims_failed", cause=type(error).__name__, exc_info=error)
        if task.failed_before:
            await storing.refuse(database, task, "internal")
        else:
            async with database.transaction() as connection:
                await queue.wait(connection, task)
