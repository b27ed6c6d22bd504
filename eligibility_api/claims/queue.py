"""The queue of claim files with pending work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.claims.store import FILE, FILES
from eligibility_api.contract.claims import ClaimsState
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.files.queue import IS_DUE, FileTask, Queue

UNREAD = frozenset({ClaimsState.RECEIVED, ClaimsState.READING})
"""States in which a file is still to be read."""

# Files in their final state come first: cleaning them up frees space.
_PENDING = f"""
SELECT DISTINCT ON (insurer_number)
       file_id, insurer_number, client_id, state, size, parts, stored, retry_at IS NOT NULL AS failed_before
FROM claim_file
WHERE NOT cleaned_up AND (file_id = :file OR :file IS NULL) AND {IS_DUE}
ORDER BY insurer_number, state IN ('received', 'reading'), received_at
"""  # noqa: S608 - a condition of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimTask(FileTask):
    """A claim file with pending work."""

    stored: int
    """Claims that are stored already."""
    failed_before: bool


# An insurer's files are processed in order, so that the claims sent last are stored last.
QUEUE = Queue("claim tasks", FILES, _PENDING, lambda values: ClaimTask(**values))


async def advance(connection: AsyncConnection, task: ClaimTask, **values: Any) -> None:
    """Record the progress of a file that is being read.

    Raises `database-unavailable` if the file is in its final state: this job was disconnected from the
    database for a while, and another job finished the file. Its result stays.
    """
    unread = update(FILE).where(FILE.c.file_id == task.file_id, FILE.c.state.in_(UNREAD))
    if (await connection.execute(unread.values(**values))).rowcount != 1:
        raise ShikakuError("database-unavailable")


def audit_values(task: ClaimTask, outcome: str, **detail: Any) -> dict[str, Any]:
    """The audit record of a file's outcome."""
    return {
        "kind": "claims.file",
        "outcome": outcome,
        "client_id": task.client_id,
        "insurer_number": task.insurer_number,
        "detail": {"file": str(task.file_id)} | detail,
    }
