"""The job of member files: takes the most urgent upload and performs its next step.

Every step is repeatable: an interrupted check starts over; what is prepared is invisible until publication,
and resumes where it stopped. Several steps run concurrently, each for another insurer.
"""

from __future__ import annotations

import structlog

from eligibility_api.contract.errors import ErrorKind, ShikakuError
from eligibility_api.contract.uploads import UploadState
from eligibility_api.uploads.check import check
from eligibility_api.uploads.publish import publish
from eligibility_api.uploads.queue import QUEUE, UploadContext, UploadTask, refuse
from eligibility_api.uploads.undo import undo

log = structlog.get_logger()

_REFUSABLE = frozenset(
    {UploadState.RECEIVED, UploadState.CHECKING, UploadState.PUBLISHING, UploadState.UNDOING}
)


async def run_step(context: UploadContext, max_bytes: int | None = None) -> bool:
    """Perform one step of one upload (of at most `max_bytes`); returns whether any was pending."""
    async with context.database.transaction() as guard:
        task = await QUEUE.next_task(guard, max_bytes)
        if task is None:
            return False
        await _attempt(context, task)
        return True


async def _attempt(context: UploadContext, task: UploadTask) -> None:
    try:
        await _step(context, task)
    except ShikakuError as error:
        if error.entry.kind is not ErrorKind.TECHNICAL:
            await _refuse(context, task, error.code)
        elif error.code == "register-unavailable":
            log.warning("upload_waits_for_register", code=error.code)
            async with context.database.transaction() as connection:
                await QUEUE.retry_later(connection, task)
        else:
            raise
    except Exception as error:
        if task.refusal is not None or task.state not in _REFUSABLE:
            raise
        # A second attempt would fail in the same way; the next file must not wait for it.
        log.error("upload_failed", cause=type(error).__name__, exc_info=error)
        await _refuse(context, task, "internal")


async def _refuse(context: UploadContext, task: UploadTask, code: str) -> None:
    async with context.database.transaction() as connection:
        await refuse(connection, task, code)


async def _step(context: UploadContext, task: UploadTask) -> None:
    match task.state:
        case UploadState.RECEIVED | UploadState.CHECKING:
            await check(context, task)
        case UploadState.PUBLISHING:
            await publish(context, task)
        case UploadState.UNDOING:
            await undo(context, task)
        case _:
            await _sweep(context, task)


async def _sweep(context: UploadContext, task: UploadTask) -> None:
    """Drop what an upload in its final state leaves: staging tables and parts."""
    async with context.database.transaction() as connection:
        await task.staging.drop(connection)
    await QUEUE.clean_up(context.database, task)
