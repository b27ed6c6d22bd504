"""Undoes a published file: a new revision restores the former values of all members not changed since."""

from __future__ import annotations

import time

from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.uploads import RowFault, UploadState
from eligibility_api.database.plans import join_as_written
from eligibility_api.domain.membership import CONTENT
from eligibility_api.enrolment.change import log_if_late
from eligibility_api.enrolment.store import Published, lock_insurer, publish, record
from eligibility_api.files.store import PUBLICATION_LEAD, lead_of
from eligibility_api.uploads.publish import audit_values, withdraw
from eligibility_api.uploads.queue import QUEUE, UploadContext, UploadTask
from eligibility_api.uploads.report import record_skipped
from eligibility_api.uploads.staging import Staging
from eligibility_api.uploads.undo_check import OF_CHUNK, is_held, last_of_chunk, list_touched

_CLOSE = f"""
UPDATE enrolment SET closed_by = :undo WHERE version = ANY (ARRAY(
    SELECT v.version FROM {{touched}} t JOIN enrolment v ON v.entitlement = t.entitlement
    WHERE {OF_CHUNK} AND v.opened_by = :file AND v.closed_by IS NULL))
"""  # noqa: S608 - names and numbers of ours

_COPIED = ", ".join(
    (
        "person_key",
        "register_match",
        "mismatch",
        "proposed_key",
        "differences",
        "insurer_name",
        *CONTENT,
        "digest",
    )
)

_REOPEN = f"""
INSERT INTO enrolment (entitlement, opened_by, {_COPIED})
SELECT v.entitlement, :undo, {", ".join(f"v.{name}" for name in _COPIED.split(", "))}
FROM {{touched}} t JOIN enrolment v ON v.entitlement = t.entitlement
WHERE {OF_CHUNK} AND v.closed_by = :file AND v.opened_by <> :file
"""  # noqa: S608 - names and numbers of ours

_SKIPPED = f"""
INSERT INTO upload_fault (upload_id, row, code, enrolment_id)
SELECT DISTINCT CAST(:upload AS uuid), 0, '{RowFault.CHANGED_SINCE}', e.enrolment_id
FROM revision m
JOIN enrolment n ON n.opened_by = m.revision OR n.closed_by = m.revision
JOIN {{touched}} t ON t.entitlement = n.entitlement
JOIN entitlement e ON e.entitlement = n.entitlement
WHERE m.insurer_number = :insurer AND m.revision > :file AND m.published_at IS NOT NULL
"""  # noqa: S608 - names and numbers of ours


async def undo(context: UploadContext, task: UploadTask) -> None:
    """Prepare the former values completely and publish them, unless the undo is held for another key.

    If the undo was refused, what is prepared of it is withdrawn.
    """
    assert task.undo_revision is not None
    staging = Staging(task.undo_revision)
    if task.refusal is not None:
        await withdraw(context, task, task.undo_revision)
        async with context.database.transaction() as connection:
            await QUEUE.change(
                connection, task, state=UploadState.PUBLISHED, undo_revision=None, refusal=None
            )
        return
    await list_touched(context, task, staging)
    if not task.prepared and await is_held(context, task, staging):
        return
    after: int | None = task.prepared
    while after is not None:
        after = await _prepare_chunk(context, task, staging, after)
    began = time.monotonic()
    async with context.database.transaction() as connection:
        published = await _publish(connection, task, staging, began)
        fixed = time.monotonic()
    log_if_late(fixed, published.ahead)


async def _prepare_chunk(
    context: UploadContext, task: UploadTask, staging: Staging, after: int
) -> int | None:
    async with context.database.step() as connection:
        await join_as_written(connection)
        upto = await last_of_chunk(connection, staging, after)
        if upto is None:
            return None
        await lock_insurer(connection, task.insurer_number, alone=True)
        chunk = {"after": after, "upto": upto, "file": task.revision, "undo": task.undo_revision}
        await staging.execute(connection, _CLOSE, chunk)
        await staging.execute(connection, _REOPEN, chunk)
        await QUEUE.change(connection, task, prepared=upto)
        return upto


async def _publish(
    connection: AsyncConnection, task: UploadTask, staging: Staging, began: float
) -> Published:
    assert task.undo_revision is not None
    await lock_insurer(connection, task.insurer_number, alone=True)
    parameters = {"upload": task.file_id, "insurer": task.insurer_number, "file": task.revision}
    skipped = await staging.execute(connection, _SKIPPED, parameters)
    await record_skipped(connection, task, skipped.rowcount)
    await staging.drop(connection)
    await QUEUE.change(connection, task, state=UploadState.UNDONE)
    await record(connection, audit_values(task, "enrolment.file-undone", task.undo_revision))
    return await publish(connection, task.undo_revision, lead_of(PUBLICATION_LEAD, began))
