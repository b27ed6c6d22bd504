"""Writes parsed claims block by block: claims and faults by COPY, together with the file's progress."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.claims.progress import Progress
from eligibility_api.claims.queue import ClaimTask, advance, audit_values
from eligibility_api.claims.reading.faults import Fault
from eligibility_api.claims.store import FAULT, FILE
from eligibility_api.claims.tables import CLAIM_COLUMNS
from eligibility_api.contract.claims import ClaimsState
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.connections import Database, copy
from eligibility_api.database.plans import join_as_written
from eligibility_api.domain.claims import READER_VERSION
from eligibility_api.enrolment.change import log_if_late
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED
from eligibility_api.enrolment.store import record
from eligibility_api.files.store import PUBLICATION_LEAD, lead_of

_FAULT_COLUMNS = ("file_id", "line", "record", "field", "name", "claim", "code", "shape")
"""The file, and the fields of a Fault in their order."""

_LAST_NUMBER = text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM claim_claim_seq")

# Whether a member was enrolled in the claim's month, by current knowledge. A missing branch matches any.
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
FROM claim f JOIN claim_file g ON g.file_id = f.file_id
WHERE f.insurer_number = r.insurer_number AND f.number_key = r.number_key AND f.symbol_key = r.symbol_key
  AND f.birth_date = r.birth_date AND f.treatment_month = r.treatment_month AND f.identity = r.identity
  AND g.known_from IS NOT NULL
LIMIT 1
"""

_COUNT = text(f"""
SELECT count(*) FILTER (WHERE e.enrolled IS NULL) AS unmatched, count(f.former) AS replacing
FROM claim r LEFT JOIN LATERAL ({_ENROLLED}) e ON true LEFT JOIN LATERAL ({_FORMER}) f ON true
WHERE r.claim > :after AND r.file_id = :file
""")  # noqa: S608 - conditions of ours


# The same bytes are only accepted again if an older version of the reader read them.
_REPLACE_FORMER = text("""
UPDATE claim_file f SET replaced_from = n.known_from
FROM claim_file n
WHERE n.file_id = :file AND f.insurer_number = n.insurer_number AND f.sha256 = n.sha256 AND f.file_id <> n.file_id
  AND f.known_from IS NOT NULL AND f.replaced_from IS NULL
""")


class Chunk(NamedTuple):
    """Rows of claims and faults that are stored together, and how many claims of the file precede them."""

    rows: Sequence[tuple[Any, ...]]
    faults: Sequence[Fault]
    before: int


async def begin(database: Database, task: ClaimTask) -> int:
    """Set the file's state to `reading`; returns how many of its faults are stored already.

    Raises `database-unavailable`.
    """
    async with database.transaction() as connection:
        await advance(connection, task, state=ClaimsState.READING, reader_version=READER_VERSION)
        stored = select(func.count()).where(FAULT.c.file_id == task.file_id)
        return int((await connection.execute(stored)).scalar_one())


async def store(database: Database, task: ClaimTask, chunk: Chunk) -> None:
    """Store a chunk atomically. Raises `database-unavailable`."""
    async with database.step() as connection:
        if chunk.faults:
            faults = [(task.file_id, *fault) for fault in chunk.faults]
            await copy(connection, FAULT.name, _FAULT_COLUMNS, faults)
        if chunk.rows:
            await _store_claims(connection, task, chunk)


async def _store_claims(connection: AsyncConnection, task: ClaimTask, chunk: Chunk) -> None:
    after = (await connection.execute(_LAST_NUMBER)).scalar_one()
    await copy(connection, "claim", CLAIM_COLUMNS, chunk.rows)
    await join_as_written(connection)
    counted = (await connection.execute(_COUNT, {"after": after, "file": task.file_id})).one()
    statement = (
        update(FILE)
        .where(FILE.c.file_id == task.file_id, FILE.c.stored == chunk.before)
        .values(
            stored=chunk.before + len(chunk.rows),
            unmatched=FILE.c.unmatched + counted.unmatched,
            replacing=FILE.c.replacing + counted.replacing,
        )
    )
    if (await connection.execute(statement)).rowcount != 1:
        # This job was disconnected from the database for a while, and another job took over the file.
        raise ShikakuError("database-unavailable")


async def conclude(database: Database, task: ClaimTask, progress: Progress) -> None:
    """Make the whole file effective shortly after the commit (decision 004), in one short transaction.

    From then on a former reading of the same bytes does not count (rule H17). Raises `database-unavailable`.
    """
    began = time.monotonic()
    async with database.transaction() as connection:
        counted = select(FILE.c.unmatched, FILE.c.replacing).where(FILE.c.file_id == task.file_id)
        row = (await connection.execute(counted)).one()
        report = progress.report(unmatched=row.unmatched, replacing=row.replacing)
        await record(connection, audit_values(task, "done", receipts=progress.valid))
        fixed, lead = time.monotonic(), lead_of(PUBLICATION_LEAD, began)
        await advance(
            connection,
            task,
            state=ClaimsState.DONE,
            report=report.model_dump(mode="json"),
            known_from=func.fund_clock() - func.now() + func.clock_timestamp() + lead,
        )
        await connection.execute(_REPLACE_FORMER, {"file": task.file_id})
    log_if_late(fixed, lead)


async def refuse(database: Database, task: ClaimTask, code: str) -> None:
    """Refuse the file; what is stored of it never becomes effective. Raises `database-unavailable`."""
    async with database.transaction() as connection:
        await record(connection, audit_values(task, code))
        await advance(connection, task, refusal=code, state=ClaimsState.REFUSED)
