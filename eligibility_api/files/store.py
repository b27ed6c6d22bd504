"""SQL shared by member files and claim files: their tables have the same columns for bytes, state and faults."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, false, func, insert, not_, select, tuple_, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.files.parts import StoredFile

RECEIVING, ABANDONED, RECEIVED = "receiving", "abandoned", "received"
"""States of a file's bytes: the first two are internal and never answered; `received` is published."""

FAULTS_PER_PAGE = 1_000

PUBLICATION_LEAD = timedelta(seconds=1)
"""Time that a publishing transaction has for its commit before its content becomes visible (decision 004)."""

MAX_LEAD = timedelta(seconds=4)
"""The longest lead of a transaction that took long: an insurer's next file waits for it, and an insurer's program takes five
seconds for a wrong clock."""


def lead_of(lead: timedelta, began: float) -> timedelta:
    """The lead of a transaction that began at `began` (monotonic seconds): three times what it took, `lead`
    at least and `MAX_LEAD` at most.

    On a machine without a free processor its commit may take as long as its statements did.
    """
    return max(lead, min(3 * timedelta(seconds=time.monotonic() - began), MAX_LEAD))


@dataclass(frozen=True, slots=True)
class FileStore:
    """Access to the files of one kind."""

    files: Table
    file_id: ColumnElement[UUID]
    faults: Table
    fault_file_id: ColumnElement[UUID]
    order: ColumnElement[Any]
    """Sorts an insurer's files by their age."""
    lock_name: str
    """Namespace of the advisory lock that serialises the completion of an insurer's files."""
    superseded: Sequence[str]
    """States of a file after which the same bytes are accepted as a new file."""
    outdated: ColumnElement[bool] = field(default_factory=false)
    """Files that an older version of the program read: the same bytes are accepted, and read, again."""
    faults_by: Sequence[ColumnElement[Any]] = ()
    """Sorts a file's faults before their number does."""

    async def add(self, connection: AsyncConnection, values: dict[str, Any]) -> UUID:
        """Insert a file in state `receiving`; returns its id."""
        statement = insert(self.files).values(**values).returning(self.file_id)
        file_id: UUID = (await connection.execute(statement)).scalar_one()
        return file_id

    async def abandon(self, connection: AsyncConnection, file_id: UUID) -> None:
        """Give up a file whose upload failed. Its job deletes the parts."""
        await self.update(connection, file_id, state=ABANDONED)

    async def complete(self, connection: AsyncConnection, file_id: UUID, stored: StoredFile) -> None:
        """Release a completely stored file to its job. Raises `file-truncated`."""
        statement = update(self.files).where(self.file_id == file_id, self.files.c.state == RECEIVING)
        values = {"state": RECEIVED} | stored._asdict()
        if (await connection.execute(statement.values(**values))).rowcount != 1:
            # The upload took so long that the job has abandoned it and deleted its parts.
            raise ShikakuError("file-truncated")

    async def find_same(self, connection: AsyncConnection, insurer_number: str, sha256: bytes) -> UUID | None:
        """The insurer's oldest effective file with the same bytes, if any.

        Holds a lock until the commit, so that the same file is not accepted twice at a time.
        """
        lock = func.pg_advisory_xact_lock(func.hashtext(self.lock_name), func.hashtext(insurer_number))
        await connection.execute(select(lock))
        files = self.files.c
        statement = (
            select(self.file_id)
            .where(
                files.insurer_number == insurer_number,
                files.sha256 == sha256,
                files.state.not_in((RECEIVING, ABANDONED, *self.superseded)),
                not_(self.outdated),
            )
            .order_by(self.order)
            .limit(1)
        )
        file_id: UUID | None = (await connection.execute(statement)).scalar_one_or_none()
        return file_id

    async def update(self, connection: AsyncConnection, file_id: UUID, **values: Any) -> None:
        """Set columns of a file."""
        await connection.execute(update(self.files).where(self.file_id == file_id).values(**values))

    async def fault_page(self, connection: AsyncConnection, file_id: UUID, after: int) -> list[Row[Any]]:
        """A page of a file's faults behind the one with the number `after`; the first page behind 0."""
        fault = self.faults.c.fault
        order = (*self.faults_by, fault)
        statement = select(self.faults).where(self.fault_file_id == file_id)
        if after and self.faults_by:
            last = select(*order).where(fault == after, self.fault_file_id == file_id)
            places = (await connection.execute(last)).all()
            statement = (
                statement.where(tuple_(*order) > tuple_(*places[0])) if places else statement.where(false())
            )
        else:
            statement = statement.where(fault > after)
        page = await connection.execute(statement.order_by(*order).limit(FAULTS_PER_PAGE))
        return list(page.all())


def next_cursor(page: Sequence[Row[Any]]) -> str | None:
    """The cursor of the page that follows; None behind the last one."""
    return str(page[-1].fault) if len(page) == FAULTS_PER_PAGE else None
