"""Checking a file: its rows into staging, what they mean for what is known, and what becomes of the file."""

from __future__ import annotations

import asyncio
from collections import Counter

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.uploads import BadRows, Publish, RowFault, UploadReport, UploadState
from eligibility_api.database.connections import copy
from eligibility_api.uploads import classifying, conflicts, file, findings, matching, parts, queue
from eligibility_api.uploads.queue import Bench, Task
from eligibility_api.uploads.reading.faults import Fault
from eligibility_api.uploads.reading.reader import Block, Reader
from eligibility_api.uploads.reading.rows import RECORD_COLUMNS
from eligibility_api.uploads.store import DECISION, FAULT

MOST_FAULTS = 10_000
"""Faults that are kept by row; beyond, they are only counted."""

_FAULT_COLUMNS = ("upload_id", "row", "column_name", "code", "shape")

FaultCounts = Counter[tuple[RowFault, str | None]]
"""Faults by rule and column."""


async def check(bench: Bench, task: Task) -> None:
    """Check a file from its beginning, whatever was done before.

    Raises `file-lost`, `file-truncated`, `file-encoding`, `file-header`, `register-unavailable`.
    """
    staging = task.staging
    async with bench.database.transaction() as connection:
        values = {"checked_at": func.now(), "report": None, "prepared": 0, "left_alone": 0}
        await queue.change(connection, task, state=UploadState.CHECKING, retry_at=None, **values)
        await connection.execute(delete(FAULT).where(FAULT.c.upload_id == task.upload_id))
    await staging.make(bench.database)
    rows, faults = await _read(bench, task)
    async with bench.database.transaction() as connection:
        await staging.execute(connection, "ANALYZE {rows}, {plan}")
        faults += await conflicts.set_aside(connection, task, MOST_FAULTS - faults.total())
    await matching.match(bench, task)
    async with bench.database.transaction() as connection:
        report = await findings.report(connection, bench, task, rows, faults)
        await _conclude(connection, task, report)


async def _read(bench: Bench, task: Task) -> tuple[int, FaultCounts]:
    """All rows into staging; how many there are, and what is wrong with them.

    While a block is read in a thread, the one before goes into the database.
    """
    reader = Reader(task.insurer_number, task.format, await file.encoding_of(bench.database, task))
    rows, faults = 0, FaultCounts()
    writing: asyncio.Task[None] | None = None
    try:
        async for part in parts.read(bench.database, task.upload_id, task.parts):
            block = await asyncio.to_thread(reader.feed, part)
            if writing is not None:
                await writing
            kept = block.faults[: max(MOST_FAULTS - faults.total(), 0)]
            rows += block.rows
            faults.update((fault.code, fault.column) for fault in block.faults)
            writing = asyncio.create_task(_write(bench, task, block, kept))
        if writing is not None:
            await writing
    finally:
        if writing is not None and not writing.done():
            writing.cancel()
    return rows, faults


async def _write(bench: Bench, task: Task, block: Block, kept: list[Fault]) -> None:
    async with bench.database.transaction() as connection:
        if kept:
            await keep_faults(connection, task, kept)
        if block.records:
            await task.staging.copy(connection, "rows", RECORD_COLUMNS, block.records)
            await classifying.classify(connection, task, block.records[0][0], block.records[-1][0])


async def keep_faults(connection: AsyncConnection, task: Task, faults: list[Fault]) -> None:
    """Keep faults for who asks for them by row."""
    await copy(connection, FAULT.name, _FAULT_COLUMNS, [(task.upload_id, *fault) for fault in faults])


async def _conclude(connection: AsyncConnection, task: Task, report: UploadReport) -> None:
    """What becomes of the file, by what was found in it and what was decided about it before."""
    written = report.model_dump(mode="json")
    if report.bad_rows and (task.bad_rows is BadRows.REJECT_FILE or not report.good_rows):
        await queue.change(
            connection, task, report=written, state=UploadState.REFUSED, refusal="file-bad-rows"
        )
        return
    decided = select(DECISION.c.decision).where(DECISION.c.upload_id == task.upload_id)
    decisions = set((await connection.execute(decided)).scalars())
    if any(finding.holds for finding in report.findings) and "approve" not in decisions:
        state = UploadState.HELD
    elif task.publish is Publish.ON_REQUEST and not decisions:
        state = UploadState.CHECKED
    else:
        state = UploadState.PUBLISHING
    await queue.change(connection, task, report=written, state=state)
