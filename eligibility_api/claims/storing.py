"""What is read goes into the store, block by block: receipts and faults by COPY, with how far the file has come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.claims import queue
from eligibility_api.claims.found import Found
from eligibility_api.claims.queue import Task
from eligibility_api.claims.reading.block import Fault
from eligibility_api.claims.rows import COLUMNS
from eligibility_api.claims.store import FAULT, FILE
from eligibility_api.contract.claims import ClaimsState
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.connections import Database, copy
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED
from eligibility_api.enrolment.store import record
from eligibility_api.uploads.publishing import LEAD
from eligibility_api.uploads.staging import by_index

_FAULT_COLUMNS = ("file_id", *Fault._fields)

_LAST_NUMBER = text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM receipt_receipt_seq")

# Whether anybody was enrolled so in the receipt's month, by what is known now; where one branch is not told, any fits.
_ENROLLED = f"""
SELECT true AS enrolled
FROM entitlement m JOIN enrolment e ON e.entitlement = m.entitlement {KNOWN_NOW}
WHERE m.insurer_number = r.insurer_number AND m.number_key = r.number_key AND m.symbol_key = r.symbol_key
  AND m.birth_date = r.birth_date AND (m.branch_key = r.branch_key OR '' IN (m.branch_key, r.branch_key))
  AND e.acquired_on < r.treatment_month + interval '1 month' AND (e.lost_on > r.treatment_month) IS NOT FALSE
  AND {NOT_SUPERSEDED}
LIMIT 1
"""  # noqa: S608 - conditions of ours

_FORMER = """
SELECT true AS former
FROM receipt f JOIN claim_file g ON g.file_id = f.file_id
WHERE f.insurer_number = r.insurer_number AND f.number_key = r.number_key AND f.symbol_key = r.symbol_key
  AND f.birth_date = r.birth_date AND f.treatment_month = r.treatment_month AND f.identity = r.identity
  AND g.known_from IS NOT NULL
LIMIT 1
"""

_COUNT = text(f"""
SELECT count(*) FILTER (WHERE e.enrolled IS NULL) AS unmatched, count(f.former) AS replacing
FROM receipt r LEFT JOIN LATERAL ({_ENROLLED}) e ON true LEFT JOIN LATERAL ({_FORMER}) f ON true
WHERE r.receipt > :after AND r.file_id = :file
""")  # noqa: S608 - conditions of ours


class Chunk(NamedTuple):
    """What is stored together: rows of receipts, faults, and how many receipts of the file stand before them."""

    rows: Sequence[tuple[Any, ...]]
    faults: Sequence[Fault]
    before: int


async def begin(database: Database, task: Task) -> int:
    """Note that the file is being read; how many of its faults are kept already. Raises `database-unavailable`."""
    async with database.transaction() as connection:
        await queue.advance(connection, task, state=ClaimsState.READING)
        kept = select(func.count()).where(FAULT.c.file_id == task.file_id)
        return int((await connection.execute(kept)).scalar_one())


async def keep(database: Database, task: Task, chunk: Chunk) -> None:
    """Store a chunk, all of it or nothing. Raises `database-unavailable`."""
    async with database.transaction() as connection:
        if chunk.faults:
            faults = [(task.file_id, *fault) for fault in chunk.faults]
            await copy(connection, FAULT.name, _FAULT_COLUMNS, faults)
        if chunk.rows:
            await _store(connection, task, chunk)


async def _store(connection: AsyncConnection, task: Task, chunk: Chunk) -> None:
    after = (await connection.execute(_LAST_NUMBER)).scalar_one()
    await copy(connection, "receipt", COLUMNS, chunk.rows)
    await by_index(connection)
    told = (await connection.execute(_COUNT, {"after": after, "file": task.file_id})).one()
    statement = (
        update(FILE)
        .where(FILE.c.file_id == task.file_id, FILE.c.taken == chunk.before)
        .values(
            taken=chunk.before + len(chunk.rows),
            unmatched=FILE.c.unmatched + told.unmatched,
            replacing=FILE.c.replacing + told.replacing,
        )
    )
    if (await connection.execute(statement)).rowcount != 1:
        # Cut off from the database for a while, this lane lost the file to another one.
        raise ShikakuError("database-unavailable")


async def conclude(database: Database, task: Task, found: Found) -> None:
    """Make the file count, as a whole, a moment from now (decision 004): one short transaction, its instant last.

    Raises `database-unavailable`.
    """
    async with database.transaction() as connection:
        counted = select(FILE.c.unmatched, FILE.c.replacing).where(FILE.c.file_id == task.file_id)
        row = (await connection.execute(counted)).one()
        report = found.report(unmatched=row.unmatched, replacing=row.replacing)
        await record(connection, queue.audit_values(task, "done", receipts=found.good))
        await queue.advance(
            connection,
            task,
            state=ClaimsState.DONE,
            report=report.model_dump(mode="json"),
            known_from=func.fund_clock() - func.now() + func.clock_timestamp() + LEAD,
        )


async def refuse(database: Database, task: Task, code: str) -> None:
    """The file cannot be taken; what is stored of it never counts. Raises `database-unavailable`."""
    async with database.transaction() as connection:
        await record(connection, queue.audit_values(task, code))
        await queue.advance(connection, task, refusal=code, state=ClaimsState.REFUSED)
