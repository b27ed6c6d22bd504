"""The queue of files with pending work: jobs take turns, one insurer's files are processed in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.database.connections import Database
from eligibility_api.files import parts
from eligibility_api.files.store import ABANDONED, RECEIVING, FileStore

_RETRY_AFTER = text("interval '5 seconds'")

MAX_CANDIDATES = 32
"""How many files are tried until one is found whose insurer no other job works for."""

IS_DUE = """
(retry_at IS NULL OR retry_at <= now())
AND (state <> 'receiving' OR received_at < now() - interval '6 hours')
"""
"""Not waiting for a retry, nor for bytes of an upload that may still arrive."""

# Released at the end of the guard's transaction.
_RESERVE = text("SELECT pg_try_advisory_xact_lock(hashtext(:queue), hashtext(:insurer))")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTask:
    """A file with pending work; its columns as stored."""

    file_id: UUID
    insurer_number: str
    client_id: UUID
    state: str
    parts: int


T = TypeVar("T", bound=FileTask)


class Queue(Generic[T]):
    """The queue of one kind of file."""

    def __init__(
        self, name: str, store: FileStore, pending: str, task: Callable[[dict[str, Any]], T]
    ) -> None:
        """`pending` selects the values of a `task`, most urgent first; `:file` restricts it to one file."""
        self._name = name
        self._store = store
        self._pending = text(f"{pending} LIMIT {MAX_CANDIDATES}").bindparams(bindparam("file", type_=Uuid))
        self._task = task

    async def next_task(self, guard: AsyncConnection) -> T | None:
        """The most urgent task, if any. Its insurer is reserved until the guard's transaction ends."""
        for candidate in await self._read(guard, None):
            reserve = {"queue": self._name, "insurer": candidate.insurer_number}
            if (await guard.execute(_RESERVE, reserve)).scalar_one():
                # Between the query and the reservation another job may have done it.
                for task in await self._read(guard, candidate.file_id):
                    return task
        return None

    async def _read(self, connection: AsyncConnection, file_id: UUID | None) -> list[T]:
        rows = (await connection.execute(self._pending, {"file": file_id})).all()
        return [self._task(dict(row._mapping)) for row in rows]

    async def change(self, connection: AsyncConnection, task: T, **values: Any) -> None:
        """Store the progress of a task."""
        await self._store.update(connection, task.file_id, **values)

    async def retry_later(self, connection: AsyncConnection, task: T) -> None:
        """Retry in 5 seconds; other files are processed meanwhile."""
        await self.change(connection, task, retry_at=func.now() + _RETRY_AFTER)

    async def clean_up(self, database: Database, task: T) -> None:
        """Delete the parts of a file in its final state."""
        await parts.delete(database, task.file_id)
        async with database.transaction() as connection:
            values = {"state": ABANDONED} if task.state == RECEIVING else {}
            await self.change(connection, task, cleaned_up=True, **values)
