"""SQL of uploads for the API: reading one, and insurers' decisions about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.uploads import UploadState
from eligibility_api.database.columns import table_of
from eligibility_api.enrolment.tables import Revision
from eligibility_api.files.store import ABANDONED, RECEIVING, FileStore
from eligibility_api.uploads.tables import Upload, UploadDecision, UploadFault

UPLOAD = table_of(Upload)
FAULT = table_of(UploadFault)
DECISION = table_of(UploadDecision)
REVISION = table_of(Revision)

FILES = FileStore(
    files=UPLOAD,
    file_id=UPLOAD.c.upload_id,
    faults=FAULT,
    fault_file_id=FAULT.c.upload_id,
    order=UPLOAD.c.revision,
    lock_name="files",
    superseded=(UploadState.REFUSED, UploadState.REJECTED, UploadState.UNDONE),
    faults_by=(FAULT.c.row,),
)


async def find(
    connection: AsyncConnection, insurer_number: str, upload_id: UUID, *, lock: bool = False
) -> Row[Any] | None:
    """This insurer's upload with the publication instants of its revisions, if it exists.

    With `lock`, no other decision about it is made until the commit.
    """
    if lock:
        name = select(func.pg_advisory_xact_lock(func.hashtext("uploads"), func.hashtext(str(upload_id))))
        await connection.execute(name)
    published, undone = REVISION.alias(), REVISION.alias()
    statement = (
        select(
            UPLOAD,
            published.c.published_at.label("known_from"),
            undone.c.published_at.label("undone_from"),
            undone.c.client_id.label("undo_client_id"),
        )
        .join(published, published.c.revision == UPLOAD.c.revision)
        .outerjoin(undone, undone.c.revision == UPLOAD.c.undo_revision)
        .where(
            UPLOAD.c.insurer_number == insurer_number,
            UPLOAD.c.upload_id == upload_id,
            UPLOAD.c.state.not_in((RECEIVING, ABANDONED)),
        )
    )
    return (await connection.execute(statement)).one_or_none()


async def add_decision(
    connection: AsyncConnection,
    upload_id: UUID,
    *,
    revision: int,
    decision: str,
    client_id: UUID,
    reason: str | None,
) -> None:
    """Store a decision about a revision, with its reason; the first of its kind stays."""
    values = {"upload_id": upload_id, "revision": revision, "decision": decision}
    values |= {"client_id": client_id, "reason": reason}
    await connection.execute(upsert(DECISION).values(**values).on_conflict_do_nothing())


async def move(
    connection: AsyncConnection, upload_id: UUID, sources: tuple[str, ...], values: dict[str, Any]
) -> bool:
    """Change an upload if it is in one of the states `sources`; returns whether it was."""
    statement = update(UPLOAD).where(UPLOAD.c.upload_id == upload_id, UPLOAD.c.state.in_(sources))
    return (await connection.execute(statement.values(**values))).rowcount == 1
