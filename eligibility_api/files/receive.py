"""Receives an uploaded file: stores the request body and accepts it, or recognises a duplicate."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import ClientDisconnect

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.connections import Database
from eligibility_api.files import parts
from eligibility_api.files.store import FileStore


class Received(NamedTuple):
    """The file to answer with, and whether it is an earlier one with the same bytes."""

    file_id: UUID
    is_duplicate: bool

    @property
    def duplicate_of(self) -> str | None:
        """The earlier file's id, if this one is a duplicate."""
        return str(self.file_id) if self.is_duplicate else None


@dataclass(frozen=True, slots=True)
class Receiver:
    """Receives the files of one kind from one insurer."""

    store: FileStore
    insurer_number: str
    begin: Callable[[AsyncConnection], Awaitable[UUID]]
    """Inserts the file before its first byte; returns its id. Raises `client-closed`."""
    accept: Callable[[AsyncConnection, UUID], Awaitable[None]] | None = None
    """Runs in the transaction that completes the file."""

    async def receive(self, database: Database, body: AsyncIterator[bytes]) -> Received:
        """Store a body completely.

        Raises `client-closed`, and `file-truncated` if the body is empty or the connection broke.
        """
        async with database.transaction() as connection:
            file_id = await self.begin(connection)
        async with self._abandoned_on_error(database, file_id):
            stored = await parts.store(database, file_id, body)
            if stored.size == 0:
                raise ShikakuError("file-truncated")
            async with database.transaction() as connection:
                earlier = await self.store.find_same(connection, self.insurer_number, stored.sha256)
                if earlier is not None:
                    await self.store.abandon(connection, file_id)
                    return Received(earlier, True)
                await self.store.complete(connection, file_id, stored)
                if self.accept is not None:
                    await self.accept(connection, file_id)
        return Received(file_id, False)

    @asynccontextmanager
    async def _abandoned_on_error(self, database: Database, file_id: UUID) -> AsyncIterator[None]:
        try:
            yield
        except Exception as error:
            async with database.transaction() as connection:
                await self.store.abandon(connection, file_id)
            if isinstance(error, ClientDisconnect):
                raise ShikakuError("file-truncated") from error
            raise
