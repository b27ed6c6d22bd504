"""What an insurer does with its uploads: ask, approve, take back, publish, undo. An insurer sees its own alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.uploads import (
    CorrectionList,
    UploadAnswer,
    UploadFault,
    UploadFaults,
    UploadState,
)
from eligibility_api.enrolment.store import prepare_revision, record
from eligibility_api.insurer_ops.corrections import facilities_answered_by_revisions
from eligibility_api.state import State
from eligibility_api.uploads import store
from eligibility_api.uploads.receiving import Reading, receive

_HELD, _CHECKED, _PUBLISHED = (UploadState.HELD,), (UploadState.CHECKED,), (UploadState.PUBLISHED,)
_CLOSABLE = _HELD + _CHECKED
_EITHER = (Right.ENROLMENT, Right.APPROVAL)


async def upload(state: State, caller: Caller, reading: Reading, body: AsyncIterator[bytes]) -> UploadAnswer:
    """Take a file. Raises `right-missing`, `client-closed`, `file-truncated`."""
    caller.need(Right.ENROLMENT)
    upload_id, known = await receive(state.database, caller, reading, body)
    async with state.database.transaction() as connection:
        row = await _own(connection, caller, upload_id)
    return _answer(row, duplicate_of=str(upload_id) if known else None)


async def look(state: State, caller: Caller, upload_id: UUID) -> UploadAnswer:
    """An upload. Raises `not-found`."""
    _need_either(caller)
    async with state.database.transaction() as connection:
        return _answer(await _own(connection, caller, upload_id))


async def faults(state: State, caller: Caller, upload_id: UUID, after: int) -> UploadFaults:
    """A page of its faults. Raises `not-found`."""
    _need_either(caller)
    async with state.database.transaction() as connection:
        await _own(connection, caller, upload_id)
        found = await store.faults(connection, upload_id, after)
    full = len(found) == store.FAULTS_A_PAGE
    return UploadFaults(faults=[_fault(row) for row in found], next=str(found[-1].fault) if full else None)


async def approve(state: State, caller: Caller, upload_id: UUID, reason: str) -> UploadAnswer:
    """Release a held file by another key. Raises `approval-needs-another-key`, `upload-state`."""
    caller.need(Right.APPROVAL)
    async with state.database.transaction() as connection:
        row = await _own(connection, caller, upload_id, lock=True)
        if row.client_id == caller.client_id:
            raise ShikakuError("approval-needs-another-key")
        return await _decide(
            connection, caller, row, "approve", reason=reason, sources=_HELD, state=UploadState.PUBLISHING
        )


async def reject(state: State, caller: Caller, upload_id: UUID, reason: str) -> UploadAnswer:
    """Take back a file that is not published. Raises `upload-state`."""
    _need_either(caller)
    async with state.database.transaction() as connection:
        row = await _own(connection, caller, upload_id, lock=True)
        return await _decide(
            connection, caller, row, "reject", reason=reason, sources=_CLOSABLE, state=UploadState.REJECTED
        )


async def publish(state: State, caller: Caller, upload_id: UUID) -> UploadAnswer:
    """Publish a checked file that waits for this word. Raises `upload-state`."""
    caller.need(Right.ENROLMENT)
    async with state.database.transaction() as connection:
        row = await _own(connection, caller, upload_id, lock=True)
        return await _decide(
            connection, caller, row, "publish", reason=None, sources=_CHECKED, state=UploadState.PUBLISHING
        )


async def undo(state: State, caller: Caller, upload_id: UUID, reason: str) -> UploadAnswer:
    """Bring back the values from before a published file, as a new revision.

    Raises `upload-state`, `undo-too-late`.
    """
    _need_either(caller)
    async with state.database.transaction() as connection:
        row = await _own(connection, caller, upload_id, lock=True)
        if row.state != UploadState.PUBLISHED:
            raise ShikakuError("upload-state")
        if row.known_from + timedelta(days=state.settings.undo_days) < state.clock():
            raise ShikakuError("undo-too-late")
        revision = await prepare_revision(
            connection, caller.insurer(), caller.client_id, kind="undo", undoes=row.revision
        )
        return await _decide(
            connection,
            caller,
            row,
            "undo",
            reason=reason,
            sources=_PUBLISHED,
            state=UploadState.UNDOING,
            undo_revision=revision,
            prepared=0,
            left_alone=0,
        )


async def correction_list(state: State, caller: Caller, upload_id: UUID) -> CorrectionList:
    """The facilities that were answered with a value of the file that was withdrawn since. Raises `not-found`."""
    _need_either(caller)
    async with state.database.transaction() as connection:
        row = await _own(connection, caller, upload_id)
        return CorrectionList(facilities=await facilities_answered_by_revisions(connection, [row.revision]))


def _need_either(caller: Caller) -> None:
    if not caller.rights.intersection(_EITHER):
        raise ShikakuError("right-missing")


async def _own(
    connection: AsyncConnection, caller: Caller, upload_id: UUID, *, lock: bool = False
) -> Row[Any]:
    if not await store.is_admitted(connection, caller.client_id):
        raise ShikakuError("client-closed")
    row = await store.find(connection, caller.insurer(), upload_id, lock=lock)
    if row is None:
        raise ShikakuError("not-found")
    return row


async def _decide(
    connection: AsyncConnection,
    caller: Caller,
    row: Row[Any],
    decision: str,
    *,
    reason: str | None,
    sources: tuple[str, ...],
    state: UploadState,
    **values: Any,
) -> UploadAnswer:
    """Keep the decision and its reason, move the upload on, and leave an audit record, or nothing at all."""
    if not await store.move(connection, row.upload_id, sources, {"state": state} | values):
        raise ShikakuError("upload-state")
    await store.decide(connection, row.upload_id, decision, caller.client_id, reason)
    about: dict[str, Any] = {
        "kind": f"enrolment.file-{decision}",
        "outcome": "done",
        "client_id": caller.client_id,
        "insurer_number": caller.insurer_number,
        "detail": {"upload": str(row.upload_id), "revision": row.revision},
    }
    await record(connection, about)
    return _answer(await _own(connection, caller, row.upload_id))


def _answer(row: Row[Any], duplicate_of: str | None = None) -> UploadAnswer:
    return UploadAnswer(
        upload_id=str(row.upload_id),
        state=UploadState(row.state),
        received_at=row.received_at,
        size=row.size,
        refusal=row.refusal if row.state == UploadState.REFUSED else None,
        duplicate_of=duplicate_of,
        report=row.report,
        known_from=row.known_from,
        undone_from=row.undone_from,
    )


def _fault(row: Row[Any]) -> UploadFault:
    enrolment_id = str(row.enrolment_id) if row.enrolment_id is not None else None
    return UploadFault(
        row=row.row, column=row.column_name, code=row.code, shape=row.shape, enrolment_id=enrolment_id
    )
