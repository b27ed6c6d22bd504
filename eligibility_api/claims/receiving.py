"""Taking a receipt file: its bytes go to the database as they come, unread, in parts (decision 005)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from eligibility_api.claims import store
from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.connections import Database
from eligibility_api.enrolment.store import admitted_insurer_name, record
from eligibility_api.uploads import parts


async def receive(database: Database, caller: Caller, body: AsyncIterator[bytes]) -> tuple[UUID, bool]:
    """Keep a file whole; its id, and whether that is a former one, by which the same bytes came.

    Raises `client-closed`, and `file-truncated` where the line broke.
    """
    file_id = await _begin(database, caller)
    async with parts.given_up_when_broken(lambda: _abandon(database, file_id)):
        kept = await parts.keep(database, file_id, body)
        async with database.transaction() as connection:
            former = await store.same_file(connection, caller.insurer(), kept.sha256)
            if former is not None:
                await store.abandon(connection, file_id)
                return former, True
            await store.complete(connection, file_id, kept)
            await record(connection, _accepted(caller, file_id))
    return file_id, False


async def _begin(database: Database, caller: Caller) -> UUID:
    async with database.transaction() as connection:
        if await admitted_insurer_name(connection, caller.client_id, Right.CLAIMS) is None:
            raise ShikakuError("client-closed")
        return await store.begin(connection, caller.insurer(), caller.client_id)


async def _abandon(database: Database, file_id: UUID) -> None:
    async with database.transaction() as connection:
        await store.abandon(connection, file_id)


def _accepted(caller: Caller, file_id: UUID) -> dict[str, Any]:
    return {
        "kind": "claims.accept",
        "outcome": "done",
        "client_id": caller.client_id,
        "insurer_number": caller.insurer_number,
        "detail": {"file": str(file_id)},
    }
