"""Checks a member file: parses it into staging, plans its changes, and decides what happens to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.lines import MAX_FAULTS
from eligibility_api.contract.member_reading.block import Block, Fault, FaultCounts
from eligibility_api.contract.member_reading.encoding import detect_encoding
from eligibility_api.contract.member_reading.headings import UnknownColumn
from eligibility_api.contract.uploads import BadRows, Publish, UploadReport, UploadState
from eligibility_api.database.connections import Database, copy
from eligibility_api.database.plans import whole_file
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.files import parts
from eligibility_api.files.streaming import in_turn, pieces, write_behind
from eligibility_api.uploads.matches import count_unmatched, withheld_finding
from eligibility_api.uploads.plan import classify, match_persons, remove_conflicts
from eligibility_api.uploads.queue import QUEUE, UploadContext, UploadTask, record_checked
from eligibility_api.uploads.records import RECORD_COLUMNS, StagedRow, staging_reader
from eligibility_api.uploads.report import build_report, count_rows, unknown_column_findings, variant_findings
from eligibility_api.uploads.store import DECISION, FAULT

_FAULT_COLUMNS = ("upload_id", "row", "column_name", "code", "shape")


class _ParsedBlock(NamedTuple):
    block: Block[StagedRow]
    stored_faults: Sequence[Fault]
    """Its faults as far as they are stored."""


class _StagedFile(NamedTuple):
    rows: int
    faults: FaultCounts
    unknown: Sequence[tuple[UnknownColumn, int]]
    """Columns that were passed over, each with the number of its filled cells."""


async def check(context: UploadContext, task: UploadTask) -> None:
    """Check a file from its beginning, whatever an interrupted check has done.

    Raises `file-lost`, `file-truncated`, `file-workbook`, `file-encoding`, `file-header`, `register-unavailable`.
    """
    staging = task.staging
    async with context.database.transaction() as connection:
        values = {"checked_at": func.now(), "report": None, "prepared": 0, "skipped": 0}
        await QUEUE.change(connection, task, state=UploadState.CHECKING, retry_at=None, **values)
        await connection.execute(delete(FAULT).where(FAULT.c.upload_id == task.file_id))
    await staging.create(context.database)
    file = await _stage(context, task)
    faults = file.faults
    async with context.database.step() as connection:
        async with whole_file(connection):
            await staging.index(connection)
        faults += await remove_conflicts(connection, task, MAX_FAULTS - faults.total())
    await match_persons(context, task)
    async with context.database.transaction() as connection:
        counts = await count_rows(connection, task, file.rows)
        report = await build_report(connection, context, task, faults, counts)
        report.findings.extend(unknown_column_findings(file.unknown))
        if counts.proposed:
            report.findings.extend(await variant_findings(connection, task))
        withheld = await count_unmatched(
            connection, context.settings, task, looked_up=counts.looked_up, unmatched=counts.unmatched
        )
        if withheld:
            report.findings.append(withheld_finding(counts.looked_up))
        await _conclude(connection, task, report, withheld=withheld)


async def _stage(context: UploadContext, task: UploadTask) -> _StagedFile:
    """Parse all rows into staging."""
    encoding = await _encoding(context.database, task)
    reader = staging_reader(task.insurer_number, task.format, encoding, day_in_japan(context.clock()))
    rows, faults, passed_over = 0, FaultCounts(), Counter[int]()

    def parsed(block: Block[StagedRow]) -> _ParsedBlock:
        nonlocal rows
        stored = block.faults[: max(MAX_FAULTS - faults.total(), 0)]
        rows += block.rows
        faults.update(block.counts)
        passed_over.update(block.passed_over)
        return _ParsedBlock(block, stored)

    async def blocks() -> AsyncIterator[_ParsedBlock]:
        async for part in parts.read(context.database, task.file_id, task.parts):
            block = Block[StagedRow]()
            for piece in pieces(part):
                block.add(await in_turn(partial(reader.feed, piece)))
            yield parsed(block)
        yield parsed(await in_turn(reader.finish))

    async def write(parsed: _ParsedBlock) -> None:
        async with context.database.step() as connection:
            await _write(connection, task, parsed)

    await write_behind(blocks(), write)
    return _StagedFile(
        rows, faults, [(column, passed_over[column.place]) for column in reader.unknown_columns]
    )


async def _encoding(database: Database, task: UploadTask) -> str:
    """Python's name of the encoding of a complete file.

    Raises `file-lost`, `file-truncated` for an empty one, `file-workbook`, `file-encoding`.
    """
    await parts.check_complete(database, task.file_id, task.parts)
    if not task.parts:
        raise ShikakuError("file-truncated")
    return detect_encoding(await _sample(database, task), task.encoding)


async def _sample(database: Database, task: UploadTask) -> bytes:
    """The first part that is not plain ASCII, or the first part if all are."""
    first = await parts.read_part(database, task.file_id, 0)
    if not first.isascii() or b"\0" in first:
        return first
    async for part in parts.read(database, task.file_id, task.parts):
        if not part.isascii():
            # Its first line began in the previous part.
            return part.partition(b"\n")[2] or part
    return first


async def _write(connection: AsyncConnection, task: UploadTask, parsed: _ParsedBlock) -> None:
    if parsed.stored_faults:
        faults = [(task.file_id, *fault) for fault in parsed.stored_faults]
        await copy(connection, FAULT.name, _FAULT_COLUMNS, faults)
    if records := parsed.block.records:
        await task.staging.copy(connection, "rows", RECORD_COLUMNS, records)
        await classify(connection, task, records[0][0], records[-1][0])


async def _conclude(
    connection: AsyncConnection, task: UploadTask, report: UploadReport, *, withheld: bool
) -> None:
    """Set the file's next state by its report and by the decisions made about it so far."""
    stored = {"report": report.model_dump(mode="json"), "withheld": withheld}
    if report.bad_rows and (task.bad_rows is BadRows.REJECT_FILE or not report.good_rows):
        await QUEUE.change(connection, task, state=UploadState.REFUSED, refusal="file-bad-rows", **stored)
        await record_checked(connection, task, UploadState.REFUSED)
        return
    about = (DECISION.c.upload_id == task.file_id, DECISION.c.revision == task.revision)
    decided = select(DECISION.c.decision).where(*about)
    decisions = set((await connection.execute(decided)).scalars())
    if any(finding.holds for finding in report.findings) and "approve" not in decisions:
        state = UploadState.HELD
    elif task.publish is Publish.ON_REQUEST and not decisions:
        state = UploadState.CHECKED
    else:
        state = UploadState.PUBLISHING
    await QUEUE.change(connection, task, state=state, **stored)
    if state is not UploadState.PUBLISHING:
        await record_checked(connection, task, state)
