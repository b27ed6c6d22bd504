"""Publishing what a file has prepared: one short transaction makes its revision current, for every reader at one instant."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.uploads import RowFault, UploadState
from eligibility_api.enrolment.store import lock_insurer, publish_revision, record
from eligibility_api.uploads import queue
from eligibility_api.uploads.findings import note_left_alone
from eligibility_api.uploads.preparing import prepare_chunk
from eligibility_api.uploads.queue import Bench, Task

LEAD = timedelta(seconds=1)
"""How long the publishing transaction may take to be committed before its revision shows."""

REST = 0.75
"""Rest after a chunk, as a share of the time that it took."""

_MANY_ROWS = 10_000

# Another file, or an undo, whose revision is older and which was published after this one was checked: as far ahead as
# a publication lies, so much earlier was it made.
_STALE = text("""
SELECT EXISTS (SELECT FROM revision r WHERE r.insurer_number = :insurer AND r.revision < :revision
               AND r.published_at - CAST(:lead AS interval) > :checked_at)
""")

# Prepared, and taken back by a change of the single member.
_TAKEN_BACK = f"""
INSERT INTO upload_fault (upload_id, row, code, enrolment_id)
SELECT :upload, 0, '{RowFault.CHANGED_SINCE}', e.enrolment_id
FROM enrolment v JOIN entitlement e ON e.entitlement = v.entitlement
WHERE v.closed_by = :revision AND v.opened_by = :revision
"""  # noqa: S608 - names and numbers of ours


async def publish(bench: Bench, task: Task) -> None:
    """Prepare a file to its end and publish it; or take back what is prepared, where it cannot be."""
    if task.refusal is not None:
        await take_back(bench, task, task.revision)
        async with bench.database.transaction() as connection:
            await queue.change(connection, task, state=UploadState.REFUSED)
        return
    if await _checks_again(bench, task):
        return
    after: int | None = task.prepared
    while after is not None:
        began = time.monotonic()
        after = await prepare_chunk(bench, task, after)
        # Taps want the processor too: who publishes has time.
        await asyncio.sleep((time.monotonic() - began) * REST)
    async with bench.database.transaction() as connection:
        await _publish(connection, task)
    await _learn(bench, task)


async def _learn(bench: Bench, task: Task) -> None:
    """Let the planner know of many new rows at once: taps and the next file are looked up by what it knows.

    Where another lane, or the database by itself, is at it already, that serves as well.
    """
    if task.report and task.report["new"] + task.report["changed"] >= _MANY_ROWS:
        async with bench.database.transaction() as connection:
            await connection.execute(text("ANALYZE (SKIP_LOCKED) entitlement, enrolment"))


async def _checks_again(bench: Bench, task: Task) -> bool:
    """Whether the file cannot go on as it was checked: what is known changed under it, or a crash emptied its tables."""
    asked: dict[str, Any] = {"insurer": task.insurer_number, "revision": task.revision}
    asked |= {"checked_at": task.checked_at, "lead": LEAD}
    async with bench.database.transaction() as connection:
        if task.report and task.report["good_rows"] and not await task.staging.is_whole(connection):
            await queue.refuse(connection, task, "file-lost")
            return True
        if task.prepared or not (await connection.execute(_STALE, asked)).scalar_one():
            return False
        await queue.change(connection, task, state=UploadState.RECEIVED)
        return True


async def _publish(connection: AsyncConnection, task: Task) -> None:
    await lock_insurer(connection, task.insurer_number, alone=True)
    taken_back = text(_TAKEN_BACK)
    back = await connection.execute(taken_back, {"upload": task.upload_id, "revision": task.revision})
    left_alone = back.rowcount + await _left_alone(connection, task)
    await note_left_alone(connection, task, left_alone)
    await queue.change(connection, task, state=UploadState.PUBLISHED)
    await record(connection, audit_values(task, "enrolment.file", task.revision))
    await publish_revision(connection, task.revision, LEAD)


async def _left_alone(connection: AsyncConnection, task: Task) -> int:
    statement = text("SELECT left_alone FROM upload WHERE upload_id = :upload")
    return int((await connection.execute(statement, {"upload": task.upload_id})).scalar_one())


def audit_values(task: Task, kind: str, revision: int) -> dict[str, Any]:
    """The audit record of what the worker did for an insurer's client."""
    return {
        "kind": kind,
        "outcome": "done",
        "client_id": task.client_id,
        "insurer_number": task.insurer_number,
        "detail": {"upload": str(task.upload_id), "revision": revision},
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


async def take_back(bench: Bench, task: Task, revision: int) -> None:
    """Undo what is prepared under a revision that will never be published."""
    # First what was opened: beside it, what it replaces could not stand.
    for statement in (_WITHDRAW, _REOPEN):
        after: int | None = 0
        while after is not None:
            async with bench.database.transaction() as connection:
                await lock_insurer(connection, task.insurer_number, alone=True)
                chunk = {"revision": revision, "after": after}
                after = (await connection.execute(statement, chunk)).scalar_one()
