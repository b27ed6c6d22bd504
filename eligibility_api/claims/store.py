"""SQL of claim files for the API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.claims.tables import ClaimFault, ClaimFile
from eligibility_api.contract.claims import ClaimsState
from eligibility_api.database.columns import table_of
from eligibility_api.domain.claims import READER_VERSION
from eligibility_api.files.store import ABANDONED, RECEIVING, FileStore

FILE = table_of(ClaimFile)
FAULT = table_of(ClaimFault)

FILES = FileStore(
    files=FILE,
    file_id=FILE.c.file_id,
    faults=FAULT,
    fault_file_id=FAULT.c.file_id,
    order=FILE.c.received_at,
    lock_name="claims",
    superseded=(ClaimsState.REFUSED,),
    outdated=and_(FILE.c.state == ClaimsState.DONE, FILE.c.reader_version < READER_VERSION),
)


async def find(connection: AsyncConnection, insurer_number: str, file_id: UUID) -> Row[Any] | None:
    """This insurer's file, if it exists."""
    statement = select(FILE).where(
        FILE.c.insurer_number == insurer_number,
        FILE.c.file_id == file_id,
        FILE.c.state.not_in((RECEIVING, ABANDONED)),
    )
    return (await connection.execute(statement)).one_or_none()
