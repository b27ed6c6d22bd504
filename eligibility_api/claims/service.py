"""An insurer's calls about its claim files: send one, look one up. Only its own files are visible."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.claims import store
from eligibility_api.claims.store import FILES
from eligibility_api.clients.caller import Caller
from eligibility_api.clients.store import is_admitted
from eligibility_api.contract.claims import ClaimsAnswer, ClaimsFaultPlace, ClaimsFaults, ClaimsState
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.enrolment.store import admitted_insurer_name, record
from eligibility_api.files.receive import Receiver
from eligibility_api.files.store import next_cursor
from eligibility_api.state import State


async def send(state: State, caller: Caller, body: AsyncIterator[bytes]) -> ClaimsAnswer:
    """Receive a file. Raises `right-missing`, `client-closed`, `file-truncated`."""
    caller.require(Right.CLAIMS)

    async def begin(connection: AsyncConnection) -> UUID:
        if await admitted_insurer_name(connection, caller.client_id, Right.CLAIMS) is None:
            raise ShikakuError("client-closed")
        sender = {"insurer_number": caller.insurer(), "client_id": caller.client_id}
        return await FILES.add(connection, sender)

    async def accept(connection: AsyncConnection, file_id: UUID) -> None:
        await record(connection, _acceptance(caller, file_id))

    received = await Receiver(FILES, caller.insurer(), begin, accept).receive(state.database, body)
    async with state.database.transaction() as connection:
        row = await _own(connection, caller, received.file_id)
    return _answer(row, duplicate_of=received.duplicate_of)


def _acceptance(caller: Caller, file_id: UUID) -> dict[str, Any]:
    """The audit record of an accepted file."""
    return {
        "kind": "claims.accept",
        "outcome": "done",
        "client_id": caller.client_id,
        "insurer_number": caller.insurer_number,
        "detail": {"file": str(file_id)},
    }


async def find(state: State, caller: Caller, file_id: UUID) -> ClaimsAnswer:
    """A file. Raises `right-missing`, `client-closed`, `not-found`."""
    caller.require(Right.CLAIMS)
    async with state.database.transaction() as connection:
        return _answer(await _own(connection, caller, file_id))


async def faults(state: State, caller: Caller, file_id: UUID, after: int) -> ClaimsFaults:
    """A page of its faults. Raises `right-missing`, `client-closed`, `not-found`."""
    caller.require(Right.CLAIMS)
    async with state.database.transaction() as connection:
        await _own(connection, caller, file_id)
        page = await FILES.fault_page(connection, file_id, after)
    return ClaimsFaults(faults=[_place(row) for row in page], next=next_cursor(page))


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
    return ClaimsFaultPlace(claim=row.claim, **{name: getattr(row, name) for name in names})
