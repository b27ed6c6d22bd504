"""SQL of batch checks: adding them, selecting the job's next rows, storing and reading results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log.tables import AuditRecord
from eligibility_api.batches.tables import BatchCheck, BatchRow
from eligibility_api.database.columns import table_of

BATCH = table_of(BatchCheck)
ROW = table_of(BatchRow)
RECORD = table_of(AuditRecord)

RETENTION = timedelta(days=7)
"""How long a batch is stored after it was accepted."""

_ADD_ROWS = text("""
INSERT INTO batch_row (batch_id, row, request)
SELECT :batch_id, place, request FROM unnest(CAST(:requests AS text[])) WITH ORDINALITY AS a (request, place)
""")

_ADD_RESULTS = text("""
UPDATE batch_row r SET request = NULL, result = a.result
FROM unnest(CAST(:results AS text[])) WITH ORDINALITY AS a (result, place)
WHERE r.batch_id = :batch_id AND r.row = :answered + a.place
""")

MAX_DELETED_BATCHES, MAX_DELETED_ROWS = 100, 10_000
"""Batches, and their rows, that are deleted in one transaction."""

_DELETE_EXPIRED = text(f"""
DELETE FROM batch_check WHERE batch_id = ANY (ARRAY(
    SELECT batch_id
    FROM (
        SELECT batch_id, rows, sum(rows) OVER (ORDER BY kept_until, batch_id) AS total
        FROM (SELECT batch_id, rows, kept_until FROM batch_check WHERE kept_until <= now()
              ORDER BY kept_until, batch_id LIMIT {MAX_DELETED_BATCHES}) expired
    ) summed
    WHERE total <= {MAX_DELETED_ROWS} OR total = rows))
""")  # noqa: S608 - numbers of ours


@dataclass(frozen=True, slots=True)
class Load:
    """A facility's load: rows that are still to be answered, and rows accepted since an instant."""

    open_rows: int
    rows: int


async def lock_facility(connection: AsyncConnection, institution_code: str) -> None:
    """Serialise the acceptance of a facility's batches until the commit."""
    name = select(func.pg_advisory_xact_lock(func.hashtext("batches"), func.hashtext(institution_code)))
    await connection.execute(name)


async def load_of(connection: AsyncConnection, institution_code: str, since: datetime) -> Load:
    """The facility's load."""
    accepted = func.sum(BATCH.c.rows).filter(BATCH.c.accepted_at >= since)
    statement = select(
        func.coalesce(func.sum(BATCH.c.rows - BATCH.c.answered), 0), func.coalesce(accepted, 0)
    ).where(BATCH.c.institution_code == institution_code, BATCH.c.kept_until > func.now())
    open_rows, rows = (await connection.execute(statement)).one()
    return Load(int(open_rows), int(rows))


async def add(
    connection: AsyncConnection, client_id: UUID, institution_code: str, as_of: date, requests: Sequence[str]
) -> Row[Any]:
    """Add a batch with its rows (JSON) and an audit record; returns the batch."""
    values = {
        "institution_code": institution_code,
        "client_id": client_id,
        "as_of": as_of,
        "rows": len(requests),
        "kept_until": func.now() + RETENTION,
    }
    batch = (await connection.execute(insert(BATCH).values(**values).returning(*BATCH.c))).one()
    await connection.execute(_ADD_ROWS, {"batch_id": batch.batch_id, "requests": list(requests)})
    await _record(connection, "batch.accept", client_id, batch, rows=len(requests))
    return batch


async def _record(
    connection: AsyncConnection, kind: str, client_id: UUID, batch: Row[Any], **detail: int
) -> None:
    record = {
        "kind": kind,
        "outcome": "done",
        "client_id": client_id,
        "institution_code": batch.institution_code,
        "as_of": batch.as_of,
        "detail": {"batch_id": str(batch.batch_id), **detail},
    }
    await connection.execute(insert(RECORD).values(**record))


async def find(connection: AsyncConnection, batch_id: UUID, institution_code: str) -> Row[Any] | None:
    """A facility's batch, until its retention ends."""
    statement = select(BATCH).where(
        BATCH.c.batch_id == batch_id,
        BATCH.c.institution_code == institution_code,
        BATCH.c.kept_until > func.now(),
    )
    return (await connection.execute(statement)).one_or_none()


async def results(
    connection: AsyncConnection, client_id: UUID, batch: Row[Any], after: int, limit: int
) -> Sequence[Row[Any, Any]]:
    """Return up to `limit` results of a batch after row `after`, and record the access."""
    statement = (
        select(ROW.c.row, ROW.c.result)
        .where(ROW.c.batch_id == batch.batch_id, ROW.c.row > after, ROW.c.result.is_not(None))
        .order_by(ROW.c.row)
        .limit(limit)
    )
    rows = (await connection.execute(statement)).all()
    if rows:
        await _record(connection, "batch.read", client_id, batch, first=rows[0].row, last=rows[-1].row)
    return rows


async def lock_next(connection: AsyncConnection) -> Row[Any] | None:
    """The open batch whose turn it is, locked until the commit; None if no batch is open."""
    statement = (
        select(BATCH)
        .where(BATCH.c.answered < BATCH.c.rows, BATCH.c.kept_until > func.now())
        .order_by(BATCH.c.last_worked_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await connection.execute(statement)).one_or_none()


async def misses_of_a_day(connection: AsyncConnection, institution_code: str) -> int:
    """The misses in the facility's batches that were processed within 24 hours."""
    statement = select(func.coalesce(func.sum(BATCH.c.misses), 0)).where(
        BATCH.c.institution_code == institution_code, BATCH.c.last_worked_at > func.now() - timedelta(days=1)
    )
    return int((await connection.execute(statement)).scalar_one())


async def next_rows(connection: AsyncConnection, batch: Row[Any], limit: int) -> Sequence[str]:
    """The requests (JSON) of a batch's next rows, in order."""
    statement = (
        select(ROW.c.request)
        .where(ROW.c.batch_id == batch.batch_id, ROW.c.row > batch.answered)
        .order_by(ROW.c.row)
        .limit(limit)
    )
    return (await connection.execute(statement)).scalars().all()


async def add_results(
    connection: AsyncConnection, batch: Row[Any], results: Sequence[str], *, misses: int, streak: int
) -> None:
    """Replace the requests of a locked batch's next rows by their results (JSON), and end its turn.

    `misses` of them were misses; `streak` is the batch's current number of consecutive misses.
    """
    place = {"batch_id": batch.batch_id, "answered": batch.answered}
    await connection.execute(_ADD_RESULTS, place | {"results": list(results)})
    values = {
        "answered": batch.answered + len(results),
        "misses": BATCH.c.misses + misses,
        "miss_streak": streak,
        "last_worked_at": func.clock_timestamp(),
    }
    await connection.execute(update(BATCH).where(BATCH.c.batch_id == batch.batch_id).values(**values))


async def delete_expired(connection: AsyncConnection) -> int:
    """Delete some of the batches whose retention has ended, with their rows; returns how many.

    At most `MAX_DELETED_BATCHES`, with `MAX_DELETED_ROWS` rows together, or a single one.
    """
    return (await connection.execute(_DELETE_EXPIRED)).rowcount
