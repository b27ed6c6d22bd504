"""The queue of files with pending work: insurers take turns, and one insurer's files are processed in order."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.database.connections import Database
from eligibility_api.files import parts
from eligibility_api.files.store import ABANDONED, RECEIVING, FileStore

_RETRY_AFTER = text("interval '5 seconds'")

SMALL_FILE_BYTES = 16 * 1024**2
"""A file that is processed within seconds: some 60,000 members, or 16,000 claims."""

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
    size: int
    """Bytes."""
    parts: int


T = TypeVar("T", bound=FileTask)


class Queue(Generic[T]):
    """The queue of one kind of file."""

    def __init__(
        self,
        name: str,
        store: FileStore,
        pending: str,
        task: Callable[[dict[str, Any]], T],
        *,
        urgent: Collection[str] = (),
    ) -> None:
        """`pending` selects the values of each insurer's next `task`; `:file` restricts it to one file.

        Files in an `urgent` state come before those of other insurers.
        """
        self._name = name
        self._store = store
        self._pending = text(pending).bindparams(bindparam("file", type_=Uuid))
        self._task = task
        self._urgent = frozenset(urgent)
        self._turns = 0
        self._last_turns: dict[str, int] = {}
        """When each insurer had its last turn in this process, as a count of all turns."""

    async def next_task(self, guard: AsyncConnection, max_bytes: int | None = None) -> T | None:
        """The task of the insurer whose turn it is, if any: the one that has waited longest since its last turn.

        The insurer is reserved until the guard's transaction ends. With `max_bytes` insurers whose next file
        is larger are passed over.
        """
        for candidate in sorted(await self._read(guard, None), key=self._order):
            if max_bytes is not None and candidate.size > max_bytes:
                continue
            reserve = {"queue": self._name, "insurer": candidate.insurer_number}
            if (await guard.execute(_RESERVE, reserve)).scalar_one():
                # Between the query and the reservation another job may have done it.
                for task in await self._read(guard, candidate.file_id):
                    self._turns += 1
                    self._last_turns[task.insurer_number] = self._turns
                    return task
        return None

    def _order(self, task: T) -> tuple[bool, int]:
        return task.state not in self._urgent, self._last_turns.get(task.insurer_number, 0)

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
