"""SQL: whether a client is still admitted."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.clients.tables import Client, Facility
from eligibility_api.database.columns import table_of

_CLIENT = table_of(Client)
_FACILITY = table_of(Facility)

_IS_ADMITTED = select(
    exists()
    .where(_CLIENT.c.client_id == bindparam("client_id"), _CLIENT.c.closed_at.is_(None))
    .where(_FACILITY.c.closed_at.is_(None))
    .select_from(_CLIENT.outerjoin(_FACILITY, _FACILITY.c.institution_code == _CLIENT.c.institution_code))
)


async def is_admitted(connection: AsyncConnection, client_id: UUID) -> bool:
    """Whether there is a client with this id, and neither it nor its facility was closed."""
    return bool((await connection.execute(_IS_ADMITTED, {"client_id": client_id})).scalar_one())
