"""The SQL of uploads as the API sees them: taking a file in parts, telling of it, deciding about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.clients.tables import Client, Insurer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.uploads import UploadState
from eligibility_api.database.columns import table_of
from eligibility_api.enrolment.tables import Revision
from eligibility_api.uploads.parts import Kept
from eligibility_api.uploads.tables import Upload, UploadDecision, UploadFault

UPLOAD = table_of(Upload)
FAULT = table_of(UploadFault)
DECISION = table_of(UploadDecision)
REVISION = table_of(Revision)
CLIENT = table_of(Client)
INSURER = table_of(Insurer)

FAULTS_A_PAGE = 1_000

_TAKEN_BACK = (UploadState.REFUSED, UploadState.REJECTED, UploadState.UNDONE, "receiving", "abandoned")
"""States of a file that the same file may follow."""


async def is_admitted(connection: AsyncConnection, client_id: UUID) -> bool:
    """Whether the client's admission still stands."""
    statement = select(CLIENT.c.client_id).where(
        CLIENT.c.client_id == client_id, CLIENT.c.closed_at.is_(None)
    )
    return (await connection.execute(statement)).one_or_none() is not None


async def begin(connection: AsyncConnection, values: dict[str, Any]) -> UUID:
    """A new upload that receives; its id."""
    upload_id: UUID = (
        await connection.execute(insert(UPLOAD).values(**values).returning(UPLOAD.c.upload_id))
    ).scalar_one()
    return upload_id


async def abandon(connection: AsyncConnection, upload_id: UUID) -> None:
    """Give up an upload that broke off; the worker puts its parts away."""
    statement = update(UPLOAD).where(UPLOAD.c.upload_id == upload_id).values(state="abandoned")
    await connection.execute(statement)


async def same_file(connection: AsyncConnection, insurer_number: str, sha256: bytes) -> UUID | None:
    """The upload by which this insurer sent the same bytes before, unless that was taken back.

    Keeps others from taking the same file until the commit.
    """
    name = select(func.pg_advisory_xact_lock(func.hashtext("files"), func.hashtext(insurer_number)))
    await connection.execute(name)
    statement = (
        select(UPLOAD.c.upload_id)
        .where(
            UPLOAD.c.insurer_number == insurer_number,
            UPLOAD.c.sha256 == sha256,
            UPLOAD.c.state.not_in(_TAKEN_BACK),
        )
        .order_by(UPLOAD.c.revision)
        .limit(1)
    )
    upload_id: UUID | None = (await connection.execute(statement)).scalar_one_or_none()
    return upload_id


async def complete(connection: AsyncConnection, upload_id: UUID, kept: Kept) -> None:
    """The file is whole: from now on the worker may take it. Raises `file-truncated`."""
    values = {"state": UploadState.RECEIVED} | kept._asdict()
    whole = update(UPLOAD).where(UPLOAD.c.upload_id == upload_id, UPLOAD.c.state == "receiving")
    if (await connection.execute(whole.values(**values))).rowcount != 1:
        # It was on its way for so long that the worker has given it up, and put its parts away.
        raise ShikakuError("file-truncated")


async def find(
    connection: AsyncConnection, insurer_number: str, upload_id: UUID, *, lock: bool = False
) -> Row[Any] | None:
    """An upload of this insurer with the instants of its revisions; None where it has none of this id.

    With `lock`, nobody else decides about it until the commit.
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
        )
        .join(published, published.c.revision == UPLOAD.c.revision)
        .outerjoin(undone, undone.c.revision == UPLOAD.c.undo_revision)
        .where(
            UPLOAD.c.insurer_number == insurer_number,
            UPLOAD.c.upload_id == upload_id,
            UPLOAD.c.state.not_in(("receiving", "abandoned")),
        )
    )
    return (await connection.execute(statement)).one_or_none()


async def faults(connection: AsyncConnection, upload_id: UUID, after: int) -> list[Row[Any]]:
    """A page of an upload's faults behind the cursor."""
    statement = (
        select(FAULT)
        .where(FAULT.c.upload_id == upload_id, FAULT.c.fault > after)
        .order_by(FAULT.c.fault)
        .limit(FAULTS_A_PAGE)
    )
    return list((await connection.execute(statement)).all())


async def decide(
    connection: AsyncConnection, upload_id: UUID, decision: str, client_id: UUID, reason: str | None
) -> None:
    """Keep a decision with its reason."""
    values = {"upload_id": upload_id, "decision": decision, "client_id": client_id, "reason": reason}
    await connection.execute(upsert(DECISION).values(**values).on_conflict_do_nothing())


async def move(
    connection: AsyncConnection, upload_id: UUID, sources: tuple[str, ...], values: dict[str, Any]
) -> bool:
    """Change an upload that is in one of the states `sources`; whether it was."""
    statement = update(UPLOAD).where(UPLOAD.c.upload_id == upload_id, UPLOAD.c.state.in_(sources))
    return (await connection.execute(statement.values(**values))).rowcount == 1
