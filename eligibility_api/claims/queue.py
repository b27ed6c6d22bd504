"""Which receipt file is next, and where it stands between two steps of the worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.claims.store import FILE
from eligibility_api.contract.claims import ClaimsState
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.connections import Database
from eligibility_api.uploads import parts

_WAIT = text("interval '5 seconds'")

_CANDIDATES = 32
"""How many files are tried for one whose insurer nobody works for."""

# What is at its end goes first: it makes room.
_NEXT = text(f"""
SELECT file_id, insurer_number, client_id, state, parts, taken, retry_at IS NOT NULL AS failed_before
FROM claim_file
WHERE NOT swept
  AND (file_id = :file OR :file IS NULL)
  AND (retry_at IS NULL OR retry_at <= now())
  AND (state <> 'receiving' OR received_at < now() - interval '6 hours')
ORDER BY state IN ('received', 'reading'), received_at
LIMIT {_CANDIDATES}
""").bindparams(bindparam("file", type_=Uuid))  # noqa: S608 - a number of ours

# An insurer's files take their turns, so that what it sent last is stored last.
_RESERVE = text("SELECT pg_try_advisory_xact_lock(hashtext('claim lanes'), hashtext(:insurer))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A file that has something to be done. Its columns as the store has them."""

    file_id: UUID
    insurer_number: str
    client_id: UUID
    state: str
    parts: int
    taken: int
    failed_before: bool


async def next_task(guard: AsyncConnection) -> Task | None:
    """The file to work at, if there is one: its insurer is reserved until the end of the guard's transaction."""
    for candidate in await _waiting(guard, None):
        if (await guard.execute(_RESERVE, {"insurer": candidate.insurer_number})).scalar_one():
            # Between the look and the reservation another lane may have done it.
            for task in await _waiting(guard, candidate.file_id):
                return task
    return None


async def _waiting(connection: AsyncConnection, file_id: UUID | None) -> list[Task]:
    rows = (await connection.execute(_NEXT, {"file": file_id})).all()
    return [Task(**row._mapping) for row in rows]


async def change(connection: AsyncConnection, task: Task, **values: Any) -> None:
    """Note where the file stands."""
    await connection.execute(update(FILE).where(FILE.c.file_id == task.file_id).values(**values))


async def advance(connection: AsyncConnection, task: Task, **values: Any) -> None:
    """Note where a file stands that is being read. Raises `database-unavailable` where it is at its end: this lane was
    cut off from the database for a while, and another one brought it there. What that fixed stays.
    """
    at_work = update(FILE).where(FILE.c.file_id == task.file_id, FILE.c.state.in_(AT_WORK))
    if (await connection.execute(at_work.values(**values))).rowcount != 1:
        raise ShikakuError("database-unavailable")


async def wait(connection: AsyncConnection, task: Task) -> None:
    """Try once more in a while; other files go on."""
    await change(connection, task, retry_at=func.now() + _WAIT)


async def sweep(database: Database, task: Task) -> None:
    """Put away what a file at its end has left: its parts."""
    await parts.drop(database, task.file_id)
    async with database.transaction() as connection:
        values = {"state": "abandoned"} if task.state == "receiving" else {}
        await change(connection, task, swept=True, **values)


def audit_values(task: Task, outcome: str, **detail: Any) -> dict[str, Any]:
    """The audit record of what became of an insurer's file."""
    return {
        "kind": "claims.file",
        "outcome": outcome,
        "client_id": task.client_id,
        "insurer_number": task.insurer_number,
        "detail": {"file": str(task.file_id)} | detail,
    }


AT_WORK = frozenset({ClaimsState.RECEIVED, ClaimsState.READING})
"""States in which a file is to be read."""
