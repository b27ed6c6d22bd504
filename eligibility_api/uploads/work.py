"""The worker's part: takes the next upload that has something to be done, and does it.

Whatever is done can be done again: a check that broke off starts over; what is prepared is invisible until it is
published, and goes on where it stopped. Several lanes work at once, each for another insurer.
"""

from __future__ import annotations

import structlog

from eligibility_api.contract.errors import ErrorKind, ShikakuError
from eligibility_api.contract.uploads import UploadState
from eligibility_api.uploads import checking, publishing, queue, undoing
from eligibility_api.uploads.queue import Bench, Task

log = structlog.get_logger()

_REFUSABLE = frozenset(
    {UploadState.RECEIVED, UploadState.CHECKING, UploadState.PUBLISHING, UploadState.UNDOING}
)


async def piece(bench: Bench) -> bool:
    """One step of one upload; whether there was any to do."""
    async with bench.database.transaction() as guard:
        task = await queue.next_task(guard)
        if task is None:
            return False
        await _attempt(bench, task)
        return True


async def _attempt(bench: Bench, task: Task) -> None:
    try:
        await _step(bench, task)
    except ShikakuError as error:
        if error.entry.kind is not ErrorKind.TECHNICAL:
            await _refuse(bench, task, error.code)
        elif error.code == "register-unavailable":
            log.warning("upload_waits", code=error.code)
            async with bench.database.transaction() as connection:
                await queue.wait(connection, task)
        else:
            raise
    except Exception as error:
        if task.refusal is not None or task.state not in _REFUSABLE:
            raise
        # What cannot be done will not be done at the second try either; the next file shall not wait for it.
        log.error("upload_failed", cause=type(error).__name__, exc_info=error)
        await _refuse(bench, task, "internal")


async def _refuse(bench: Bench, task: Task, code: str) -> None:
    async with bench.database.transaction() as connection:
        await queue.refuse(connection, task, code)


async def _step(bench: Bench, task: Task) -> None:
    match task.state:
        case UploadState.RECEIVED | UploadState.CHECKING:
            await checking.check(bench, task)
        case UploadState.PUBLISHING:
            await publishing.publish(bench, task)
        case UploadState.UNDOING:
            await undoing.undo(bench, task)
        case _:
            await queue.sweep(bench.database, task)
