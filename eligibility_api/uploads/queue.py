"""The queue of uploads with pending work, and what their job depends on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

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
from eligibility_api.enrolment.store import record
from eligibility_api.files.queue import IS_DUE, FileTask, Queue
from eligibility_api.jlis.client import Jlis
from eligibility_api.platform.clock import Clock
from eligibility_api.platform.settings import Settings
from eligibility_api.state import State
from eligibility_api.uploads.staging import Staging
from eligibility_api.uploads.store import FILES

# Files that are being published come first: a prepared file delays nothing but itself.
_PENDING = f"""
SELECT DISTINCT ON (insurer_number)
       upload_id AS file_id, revision, undo_revision, insurer_number, client_id, format, encoding, scope, bad_rows,
       publish, state, size, parts, prepared, skipped, refusal, report, received_at, checked_at, withheld
FROM upload
WHERE (NOT cleaned_up OR state = 'undoing') AND (upload_id = :file OR :file IS NULL)
  AND state NOT IN ('held', 'checked', 'undo-held') AND {IS_DUE}
ORDER BY insurer_number, state NOT IN ('publishing', 'undoing'), state IN ('received', 'checking'), revision
"""  # noqa: S608 - a condition of ours

_TYPES: dict[str, type[StrEnum]] = {
    "format": FileFormat,
    "encoding": FileEncoding,
    "scope": FileScope,
    "bad_rows": BadRows,
    "publish": Publish,
}


@dataclass(frozen=True, slots=True)
class UploadContext:
    """Dependencies of the job. The database connects under the role `shikaku_jobs`."""

    settings: Settings
    clock: Clock
    jlis: Jlis
    database: Database

    @classmethod
    def of(cls, state: State, database: Database) -> UploadContext:
        """The context in a process with this state."""
        return cls(state.settings, state.clock, state.jlis, database)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadTask(FileTask):
    """An upload with pending work."""

    revision: int
    undo_revision: int | None
    format: FileFormat
    encoding: FileEncoding
    scope: FileScope
    bad_rows: BadRows
    publish: Publish
    prepared: int
    skipped: int
    refusal: str | None
    report: dict[str, Any] | None
    received_at: datetime
    checked_at: datetime | None
    withheld: bool | None

    @property
    def staging(self) -> Staging:
        """Its staging tables."""
        return Staging(self.revision)


def _task(values: dict[str, Any]) -> UploadTask:
    return UploadTask(**values | {name: kind(values[name]) for name, kind in _TYPES.items()})


QUEUE = Queue("upload tasks", FILES, _PENDING, _task, urgent=(UploadState.PUBLISHING, UploadState.UNDOING))


async def refuse(connection: AsyncConnection, task: UploadTask, code: str) -> None:
    """Refuse the file. What was prepared of it is withdrawn first, by the next step."""
    has_prepared = task.state in {UploadState.PUBLISHING, UploadState.UNDOING}
    state = task.state if has_prepared else UploadState.REFUSED
    await QUEUE.change(connection, task, refusal=code, state=state)
    if not has_prepared:
        await record_checked(connection, task, UploadState.REFUSED)


async def record_checked(connection: AsyncConnection, task: UploadTask, state: UploadState) -> None:
    """Append the audit record of a check's result: the file waits for somebody, or was refused."""
    values = {
        "kind": "enrolment.file-checked",
        "outcome": state.value,
        "client_id": task.client_id,
        "insurer_number": task.insurer_number,
        "detail": {"upload": str(task.file_id), "revision": task.revision},
    }
    await record(connection, values)
