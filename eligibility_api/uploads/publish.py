"""Publishes a prepared file: one short transaction makes its revision visible at one instant."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.uploads import RowFault, UploadState
from eligibility_api.database.plans import whole_file
from eligibility_api.enrolment.change import log_if_late
from eligibility_api.enrolment.store import Published, lock_insurer, record
from eligibility_api.enrolment.store import publish as publish_ahead
from eligibility_api.files.store import PUBLICATION_LEAD, lead_of
from eligibility_api.platform.telemetry import PUBLICATION_DELAY
from eligibility_api.uploads.prepare import prepare_chunk
from eligibility_api.uploads.queue import QUEUE, UploadContext, UploadTask, record_checked, refuse
from eligibility_api.uploads.report import record_skipped

_MANY_ROWS = 10_000

# Another file or undo with an older revision, published after this file was checked. A publication is
# committed earlier than its instant, by the lead.
_STALE = text("""
SELECT EXISTS (SELECT FROM revision r WHERE r.insurer_number = :insurer AND r.revision < :revision
               AND r.published_at - CAST(:lead AS interval) > :checked_at)
""")

# Prepared, and then withdrawn by a change of the single member.
_RECORD_WITHDRAWN = f"""
INSERT INTO upload_fault (upload_id, row, code, enrolment_id)
SELECT :upload, 0, '{RowFault.CHANGED_SINCE}', e.enrolment_id
FROM enrolment v JOIN entitlement e ON e.entitlement = v.entitlement
WHERE v.closed_by = :revision AND v.closed_by = v.opened_by
"""  # noqa: S608 - names and numbers of ours


async def publish(context: UploadContext, task: UploadTask) -> None:
    """Prepare a file completely and publish it, or withdraw what is prepared if the file was refused."""
    if task.refusal is not None:
        await withdraw(context, task, task.revision)
        async with context.database.transaction() as connection:
            await QUEUE.change(connection, task, state=UploadState.REFUSED)
            await record_checked(connection, task, UploadState.REFUSED)
        return
    if await _is_outdated(context, task):
        return
    after: int | None = task.prepared
    while after is not None:
        after = await prepare_chunk(context, task, after)
    began = time.monotonic()
    async with context.database.transaction() as connection:
        published = await _publish(connection, task, began)
        fixed = time.monotonic()
    log_if_late(fixed, published.ahead)
    PUBLICATION_DELAY.observe(max(0.0, (context.clock() - task.received_at).total_seconds()))
    await _analyze(context, task)


async def _analyze(context: UploadContext, task: UploadTask) -> None:
    """Update planner statistics after many new rows, for card checks and the next file.

    Skipped if another job, or autovacuum, is already analyzing.
    """
    if task.report and task.report["new"] + task.report["changed"] >= _MANY_ROWS:
        async with context.database.step() as connection, whole_file(connection):
            await connection.execute(text("ANALYZE (SKIP_LOCKED) entitlement, enrolment"))


async def _is_outdated(context: UploadContext, task: UploadTask) -> bool:
    """Refuse a file whose tables a crash emptied, or queue a new check if another file was published since.

    Returns whether either was needed.
    """
    parameters: dict[str, Any] = {"insurer": task.insurer_number, "revision": task.revision}
    parameters |= {"checked_at": task.checked_at, "lead": PUBLICATION_LEAD}
    async with context.database.transaction() as connection:
        if task.report and task.report["good_rows"] and not await task.staging.has_rows(connection):
            await refuse(connection, task, "file-lost")
            return True
        if task.prepared or not (await connection.execute(_STALE, parameters)).scalar_one():
            return False
        await QUEUE.change(connection, task, state=UploadState.RECEIVED)
        return True


async def _publish(connection: AsyncConnection, task: UploadTask, began: float) -> Published:
    await lock_insurer(connection, task.insurer_number, alone=True)
    withdrawn = await connection.execute(
        text(_RECORD_WITHDRAWN), {"upload": task.file_id, "revision": task.revision}
    )
    skipped = withdrawn.rowcount + await _skipped(connection, task)
    await record_skipped(connection, task, skipped)
    await QUEUE.change(connection, task, state=UploadState.PUBLISHED)
    await record(connection, audit_values(task, "enrolment.file", task.revision))
    return await publish_ahead(connection, task.revision, lead_of(PUBLICATION_LEAD, began))


async def _skipped(connection: AsyncConnection, task: UploadTask) -> int:
    statement = text("SELECT skipped FROM upload WHERE upload_id = :upload")
    return int((await connection.execute(statement, {"upload": task.file_id})).scalar_one())


def audit_values(task: UploadTask, kind: str, revision: int) -> dict[str, Any]:
    """The audit record of a revision that the job published for an insurer's client."""
    return {
        "kind": kind,
        "outcome": "done",
        "client_id": task.client_id,
        "insurer_number": task.insurer_number,
        "detail": {"upload": str(task.file_id), "revision": revision},
    }


_WITHDRAW = text("""
WITH chunk AS (
    SELECT version FROM enrolment WHERE opened_by = :revision AND version > :after ORDER BY version LIMIT 2000
), withdrawn AS (
    UPDATE enrolment v SET closed_by = :revision FROM chunk WHERE v.version = chunk.version AND v.closed_by IS NULL
)
SELECT max(version) FROM chunk
""")

_REOPEN = text("""
WITH chunk AS (
    SELECT version, opened_by FROM enrolment WHERE closed_by = :revision AND version > :after
    ORDER BY version LIMIT 2000
), reopened AS (
    UPDATE enrolment v SET closed_by = NULL FROM chunk WHERE v.version = chunk.version AND v.opened_by <> :revision
)
SELECT max(version) FROM chunk
""")


async def withdraw(context: UploadContext, task: UploadTask, revision: int) -> None:
    """Revert what is prepared under a revision that will never be published."""
    # First what was opened: it would overlap the versions that it replaces.
    for statement in (_WITHDRAW, _REOPEN):
        after: int | None = 0
        while after is not None:
            async with context.database.step() as connection:
                await lock_insurer(connection, task.insurer_number, alone=True)
                chunk = {"revision": revision, "after": after}
                after = (await connection.execute(statement, chunk)).scalar_one()
