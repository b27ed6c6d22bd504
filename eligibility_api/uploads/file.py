"""A file's bytes as they lie in the database, part by part."""

from __future__ import annotations

from collections.abc import AsyncIterator

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.platform.database import Database
from eligibility_api.uploads.queue import Task
from eligibility_api.uploads.reading.encoding import decide

_PART = "SELECT body FROM upload_part WHERE upload_id = $1 AND part = $2"
_KEPT = "SELECT count(*) AS parts FROM upload_part WHERE upload_id = $1"


async def parts(database: Database, task: Task) -> AsyncIterator[bytes]:
    """Every part in order. Raises `file-lost`."""
    for part in range(task.parts):
        yield await _part(database, task, part)


async def encoding_of(database: Database, task: Task) -> str:
    """Python's name of the file's encoding, once it is known to be whole.

    Raises `file-lost`, `file-truncated` where the last line has no break, `file-encoding`.
    """
    [kept] = await database.fetch(_KEPT, (task.upload_id,))
    if kept["parts"] != task.parts:
        raise ShikakuError("file-lost")
    if not task.parts:
        raise ShikakuError("file-truncated")
    # First, as a line break has other bytes in other encodings.
    encoding = decide(await _telling(database, task), task.encoding)
    if not (await _part(database, task, task.parts - 1)).endswith(b"\n"):
        raise ShikakuError("file-truncated")
    return encoding


async def _telling(database: Database, task: Task) -> bytes:
    """The first part, where it is not plain ASCII, or the first that is not."""
    first = await _part(database, task, 0)
    if not first.isascii() or b"\0" in first:
        return first
    async for part in parts(database, task):
        if not part.isascii():
            # Its first line began in the part before.
            return part.partition(b"\n")[2] or part
    return first


async def _part(database: Database, task: Task, part: int) -> bytes:
    rows = await database.fetch(_PART, (task.upload_id, part))
    if not rows:
        raise ShikakuError("file-lost")
    body: bytes = rows[0]["body"]
    return body
