"""The bytes of an uploaded file until its job has read them: parts stored in the database (decision 005)."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.connections import Database

PART_BYTES = 1024 * 1024

_INSERT = "INSERT INTO upload_part (upload_id, part, body) VALUES ($1, $2, $3)"
_SELECT = "SELECT body FROM upload_part WHERE upload_id = $1 AND part = $2"
_COUNT = "SELECT count(*) AS parts FROM upload_part WHERE upload_id = $1"
_DELETE_SOME = text("""
DELETE FROM upload_part WHERE upload_id = :file AND part IN (
    SELECT part FROM upload_part WHERE upload_id = :file ORDER BY part LIMIT 64)
""")


class StoredFile(NamedTuple):
    """Number of parts, bytes and SHA-256 of a completely stored file."""

    parts: int
    size: int
    sha256: bytes


async def store(database: Database, file_id: UUID, body: AsyncIterator[bytes]) -> StoredFile:
    """Store a request body as it arrives.

    Each part is a transaction of its own: an upload lasts longer than a statement may.
    """
    digest = hashlib.sha256()
    parts = size = 0
    buffer = bytearray()
    async for chunk in body:
        digest.update(chunk)
        size += len(chunk)
        buffer += chunk
        while len(buffer) >= PART_BYTES:
            await database.fetch(_INSERT, (file_id, parts, bytes(buffer[:PART_BYTES])))
            del buffer[:PART_BYTES]
            parts += 1
    if buffer:
        await database.fetch(_INSERT, (file_id, parts, bytes(buffer)))
        parts += 1
    return StoredFile(parts, size, digest.digest())


async def check_complete(database: Database, file_id: UUID, parts: int) -> None:
    """Raise `file-lost` if parts are missing: a crash of the database empties their unlogged table."""
    [stored] = await database.fetch(_COUNT, (file_id,))
    if stored["parts"] != parts:
        raise ShikakuError("file-lost")


async def read(database: Database, file_id: UUID, parts: int) -> AsyncIterator[bytes]:
    """All parts in order. Raises `file-lost`."""
    for part in range(parts):
        yield await read_part(database, file_id, part)


async def read_part(database: Database, file_id: UUID, part: int) -> bytes:
    """One part, numbered from 0. Raises `file-lost`."""
    rows = await database.fetch(_SELECT, (file_id, part))
    if not rows:
        raise ShikakuError("file-lost")
    body: bytes = rows[0]["body"]
    return body


async def delete(database: Database, file_id: UUID) -> None:
    """Delete all parts, 64 per transaction."""
    deleted = 1
    while deleted:
        async with database.step() as connection:
            deleted = (await connection.execute(_DELETE_SOME, {"file": file_id})).rowcount
