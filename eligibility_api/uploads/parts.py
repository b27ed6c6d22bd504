"""The bytes of a file while it waits: in parts, unread, under the file's id. Of member files and of receipt files alike."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import UUID

from starlette.requests import ClientDisconnect

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.connections import Database

PART_BYTES = 1024 * 1024

_ADD = "INSERT INTO upload_part (upload_id, part, body) VALUES ($1, $2, $3)"
_GET = "SELECT body FROM upload_part WHERE upload_id = $1 AND part = $2"
_COUNT = "SELECT count(*) AS parts FROM upload_part WHERE upload_id = $1"
_DROP = """
DELETE FROM upload_part WHERE upload_id = $1 AND part IN (
    SELECT part FROM upload_part WHERE upload_id = $1 ORDER BY part LIMIT 64)
RETURNING part
"""


class Kept(NamedTuple):
    """What is known of a file whose last part is there."""

    parts: int
    size: int
    sha256: bytes


async def keep(database: Database, file_id: UUID, body: AsyncIterator[bytes]) -> Kept:
    """Keep a body as it comes, each part in a transaction of its own: a line lasts longer than a statement may."""
    digest = hashlib.sha256()
    parts = size = 0
    waiting = bytearray()
    async for piece in body:
        digest.update(piece)
        size += len(piece)
        waiting += piece
        while len(waiting) >= PART_BYTES:
            await database.fetch(_ADD, (file_id, parts, bytes(waiting[:PART_BYTES])))
            del waiting[:PART_BYTES]
            parts += 1
    if waiting:
        await database.fetch(_ADD, (file_id, parts, bytes(waiting)))
        parts += 1
    return Kept(parts, size, digest.digest())


@asynccontextmanager
async def given_up_when_broken(abandon: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Taking a file that is given up by `abandon` if anything goes wrong. Raises `file-truncated` where the line broke."""
    try:
        yield
    except ClientDisconnect as broken:
        await abandon()
        raise ShikakuError("file-truncated") from broken
    except Exception:
        await abandon()
        raise


async def check(database: Database, file_id: UUID, parts: int) -> None:
    """Raises `file-lost` where not all parts are there: a crash of the database empties their table."""
    [kept] = await database.fetch(_COUNT, (file_id,))
    if kept["parts"] != parts:
        raise ShikakuError("file-lost")


async def read(database: Database, file_id: UUID, parts: int) -> AsyncIterator[bytes]:
    """Every part in order. Raises `file-lost`."""
    for part in range(parts):
        yield await get(database, file_id, part)


async def get(database: Database, file_id: UUID, part: int) -> bytes:
    """One part. Raises `file-lost`."""
    rows = await database.fetch(_GET, (file_id, part))
    if not rows:
        raise ShikakuError("file-lost")
    body: bytes = rows[0]["body"]
    return body


async def drop(database: Database, file_id: UUID) -> None:
    """Put the parts away, some at a time."""
    while await database.fetch(_DROP, (file_id,)):
        pass
