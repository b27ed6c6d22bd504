"""The SQL of receipt files as the API sees them: taking one in parts, telling of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.claims.tables import ClaimFault, ClaimFile
from eligibility_api.contract.claims import ClaimsState
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.columns import table_of
from eligibility_api.uploads.parts import Kept

FILE = table_of(ClaimFile)
FAULT = table_of(ClaimFault)

FAULTS_A_PAGE = 1_000

_UNANSWERED = ("receiving", "abandoned")


async def begin(connection: AsyncConnection, insurer_number: str, client_id: UUID) -> UUID:
    """A new file that is being received; its id."""
    values = {"insurer_number": insurer_number, "client_id": client_id}
    statement = insert(FILE).values(**values).returning(FILE.c.file_id)
    file_id: UUID = (await connection.execute(statement)).scalar_one()
    return file_id


async def abandon(connection: AsyncConnection, file_id: UUID) -> None:
    """Give up a file that broke off; the worker puts its parts away."""
    await connection.execute(update(FILE).where(FILE.c.file_id == file_id).values(state="abandoned"))


async def complete(connection: AsyncConnection, file_id: UUID, kept: Kept) -> None:
    """The file is whole: from now on the worker may take it. Raises `file-truncated`."""
    values = {"state": ClaimsState.RECEIVED} | kept._asdict()
    statement = update(FILE).where(FILE.c.file_id == file_id, FILE.c.state == "receiving").values(**values)
    if (await connection.execute(statement)).rowcount != 1:
        # It was on its way for so long that the worker has given it up, and put its parts away.
        raise ShikakuError("file-truncated")


async def same_file(connection: AsyncConnection, insurer_number: str, sha256: bytes) -> UUID | None:
    """The file by which this insurer sent the same bytes before, unless that was refused.

    Keeps others from taking the same file until the commit.
    """
    name = select(func.pg_advisory_xact_lock(func.hashtext("claims"), func.hashtext(insurer_number)))
    await connection.execute(name)
    statement = (
        select(FILE.c.file_id)
        .where(
            FILE.c.insurer_number == insurer_number,
            FILE.c.sha256 == sha256,
            FILE.c.state.not_in((*_UNANSWERED, ClaimsState.REFUSED)),
        )
        .order_by(FILE.c.received_at)
        .limit(1)
    )
    file_id: UUID | None = (await connection.execute(statement)).scalar_one_or_none()
    return file_id


async def find(connection: AsyncConnection, insurer_number: str, file_id: UUID) -> Row[Any] | None:
    """A file of this insurer; None where it has none of this id."""
    statement = select(FILE).where(
        FILE.c.insurer_number == insurer_number,
        FILE.c.file_id == file_id,
        FILE.c.state.not_in(_UNANSWERED),
    )
    return (await connection.execute(statement)).one_or_none()


async def faults(connection: AsyncConnection, file_id: UUID, after: int) -> list[Row[Any]]:
    """A page of a file's faults behind the cursor."""
    statement = (
        select(FAULT)
        .where(FAULT.c.file_id == file_id, FAULT.c.fault > after)
        .order_by(FAULT.c.fault)
        .limit(FAULTS_A_PAGE)
    )
    return list((await connection.execute(statement)).all())
