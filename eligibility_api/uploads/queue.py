"""Which upload is next, and where it stands between two steps of the worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.uploads import (
    BadRows,
    FileEncoding,
    FileFormat,
    FileScope,
    Publish,
    UploadState,
)
from eligibility_api.database.connections import Database
from eligibility_api.jlis.client import Jlis
from eligibility_api.platform.clock import Clock
from eligibility_api.platform.settings import Settings
from eligibility_api.state import State
from eligibility_api.uploads import parts
from eligibility_api.uploads.staging import Staging
from eligibility_api.uploads.store import UPLOAD

_WAIT = text("interval '5 seconds'")

_CANDIDATES = 32
"""How many uploads are tried for one whose insurer nobody works for."""

# What is being published goes first: while it is prepared it stands in the way of nothing, but of itself.
_NEXT = text(f"""
SELECT upload_id, revision, undo_revision, insurer_number, client_id, format, encoding, scope, bad_rows, publish, state,
       parts, prepared, left_alone, refusal, report, checked_at
FROM upload
WHERE (NOT swept OR state = 'undoing')
  AND (upload_id = :upload OR :upload IS NULL)
  AND (retry_at IS NULL OR retry_at <= now())
  AND (state NOT IN ('receiving', 'held', 'checked')
       OR state = 'receiving' AND received_at < now() - interval '6 hours')
ORDER BY state NOT IN ('publishing', 'undoing'), state IN ('received', 'checking'), revision
LIMIT {_CANDIDATES}
""").bindparams(bindparam("upload", type_=Uuid))  # noqa: S608 - a number of ours

# One worker's lane for an insurer at a time: its files take their turns.
_RESERVE = text("SELECT pg_try_advisory_xact_lock(hashtext('upload lanes'), hashtext(:insurer))")


@dataclass(frozen=True, slots=True)
class Bench:
    """What the work on uploads needs: settings, clock, the register, a database under the role `batch`."""

    settings: Settings
    clock: Clock
    jlis: Jlis
    database: Database

    @classmethod
    def of(cls, state: State, database: Database) -> Bench:
        """The bench of a process with this state."""
        return cls(state.settings, state.clock, state.presence.jlis, database)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An upload that has something to be done. Its columns as the store has them."""

    upload_id: UUID
    revision: int
    undo_revision: int | None
    insurer_number: str
    client_id: UUID
    format: FileFormat
    encoding: FileEncoding
    scope: FileScope
    bad_rows: BadRows
    publish: Publish
    state: str
    parts: int
    prepared: int
    left_alone: int
    refusal: str | None
    report: dict[str, Any] | None
    checked_at: Any

    @property
    def staging(self) -> Staging:
        """Its tables."""
        return Staging(self.revision)


async def next_task(guard: AsyncConnection) -> Task | None:
    """The upload to work at, if there is one: its insurer is reserved until the end of the guard's transaction."""
    for candidate in await _waiting(guard, None):
        if (await guard.execute(_RESERVE, {"insurer": candidate.insurer_number})).scalar_one():
            # Between the look and the reservation another lane may have done it.
            for task in await _waiting(guard, candidate.upload_id):
                return task
    return None


async def _waiting(connection: AsyncConnection, upload: UUID | None) -> list[Task]:
    rows = (await connection.execute(_NEXT, {"upload": upload})).all()
    return [_task(dict(row._mapping)) for row in rows]


def _task(values: dict[str, Any]) -> Task:
    kinds = {"format": FileFormat, "encoding": FileEncoding, "scope": FileScope, "bad_rows": BadRows}
    kinds["publish"] = Publish
    return Task(**values | {name: kind(values[name]) for name, kind in kinds.items()})


async def change(connection: AsyncConnection, task: Task, **values: Any) -> None:
    """Note where the upload stands."""
    statement = update(UPLOAD).where(UPLOAD.c.upload_id == task.upload_id).values(**values)
    await connection.execute(statement)


async def wait(connection: AsyncConnection, task: Task) -> None:
    """Try again in a while; other uploads go on."""
    await change(connection, task, retry_at=func.now() + _WAIT)


async def refuse(connection: AsyncConnection, task: Task, code: str) -> None:
    """The file cannot be taken. What was prepared of it is taken back first."""
    at_work = task.state in {UploadState.PUBLISHING, UploadState.UNDOING}
    state = task.state if at_work else UploadState.REFUSED
    await change(connection, task, refusal=code, state=state)


async def sweep(database: Database, task: Task) -> None:
    """Put away what an upload at its end has left: its tables, its parts."""
    async with database.transaction() as connection:
        await task.staging.drop(connection)
    await parts.drop(database, task.upload_id)
    async with database.transaction() as connection:
        values = {"state": "abandoned"} if task.state == "receiving" else {}
        await change(connection, task, swept=True, **values)
