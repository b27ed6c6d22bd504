"""What an insurer does with its receipt files: send them, and see what became of them. It sees its own alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.claims import store
from eligibility_api.claims.receiving import receive
from eligibility_api.clients.caller import Caller
from eligibility_api.contract.claims import ClaimsAnswer, ClaimsFaultPlace, ClaimsFaults, ClaimsState
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.state import State
from eligibility_api.uploads.store import is_admitted


async def send(state: State, caller: Caller, body: AsyncIterator[bytes]) -> ClaimsAnswer:
    """Take a file. Raises `right-missing`, `client-closed`, `file-truncated`."""
    caller.need(Right.CLAIMS)
    file_id, known = await receive(state.database, caller, body)
    async with state.database.transaction() as connection:
        row = await _own(connection, caller, file_id)
    return _answer(row, duplicate_of=str(file_id) if known else None)


async def look(state: State, caller: Caller, file_id: UUID) -> ClaimsAnswer:
    """A file. Raises `right-missing`, `client-closed`, `not-found`."""
    caller.need(Right.CLAIMS)
    async with state.database.transaction() as connection:
        return _answer(await _own(connection, caller, file_id))


async def faults(state: State, caller: Caller, file_id: UUID, after: int) -> ClaimsFaults:
    """A page of its faults. Raises `right-missing`, `client-closed`, `not-found`."""
    caller.need(Right.CLAIMS)
    async with state.database.transaction() as connection:
        await _own(connection, caller, file_id)
        found = await store.faults(connection, file_id, after)
    full = len(found) == store.FAULTS_A_PAGE
    return ClaimsFaults(faults=[_place(row) for row in found], next=str(found[-1].fault) if full else None)


async def _own(connection: AsyncConnection, caller: Caller, file_id: UUID) -> Row[Any]:
    if not await is_admitted(connection, caller.client_id):
        raise ShikakuError("client-closed")
    row = await store.find(connection, caller.insurer(), file_id)
    if row is None:
        raise ShikakuError("not-found")
    return row


def _answer(row: Row[Any], duplicate_of: str | None = None) -> ClaimsAnswer:
    return ClaimsAnswer(
        file_id=str(row.file_id),
        state=ClaimsState(row.state),
        received_at=row.received_at,
        size=row.size,
        refusal=row.refusal,
        duplicate_of=duplicate_of,
        report=row.report,
        known_from=row.known_from,
    )


def _place(row: Row[Any]) -> ClaimsFaultPlace:
    names = ClaimsFaultPlace.model_fields.keys() - {"claim"}
    return ClaimsFaultPlace(claim=row.receipt, **{name: getattr(row, name) for name in names})
