"""What a member file is written in, and that it is whole."""

from __future__ import annotations

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.connections import Database
from eligibility_api.uploads import parts
from eligibility_api.uploads.queue import Task
from eligibility_api.uploads.reading.encoding import decide


async def encoding_of(database: Database, task: Task) -> str:
    """Python's name of the file's encoding, once it is known to be whole.

    Raises `file-lost`, `file-truncated` where the last line has no break, `file-encoding`.
    """
    await parts.check(database, task.upload_id, task.parts)
    if not task.parts:
        raise ShikakuError("file-truncated")
    # First, as a line break has other bytes in other encodings.
    encoding = decide(await _telling(database, task), task.encoding)
    if not (await parts.get(database, task.upload_id, task.parts - 1)).endswith(b"\n"):
        raise ShikakuError("file-truncated")
    return encoding


async def _telling(database: Database, task: Task) -> bytes:
    """The first part, where it is not plain ASCII, or the first that is not."""
    first = await parts.get(database, task.upload_id, 0)
    if not first.isascii() or b"\0" in first:
        return first
    async for part in parts.read(database, task.upload_id, task.parts):
        if not part.isascii():
            # Its first line began in the part before.
            return part.partition(b"\n")[2] or part
    return first
