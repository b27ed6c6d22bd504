"""An insurer's calls about its own member files: upload, look up, approve, reject, publish, undo."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.store import is_admitted
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.uploads import (
    BadRows,
    CorrectionList,
    FileEncoding,
    FileFormat,
    FileScope,
    Publish,
    UploadAnswer,
    UploadFault,
    UploadFaults,
    UploadState,
)
from eligibility_api.contract.wire import RequestModel
from eligibility_api.enrolment.store import admitted_insurer_name, prepare_revision, record
from eligibility_api.files.receive import Receiver
from eligibility_api.files.store import next_cursor
from eligibility_api.insurer_ops.corrections import facilities_answered_by_revisions
from eligibility_api.state import State
from eligibility_api.uploads import store
from eligibility_api.uploads.store import FILES

_HELD, _CHECKED, _PUBLISHED = (UploadState.HELD,), (UploadState.CHECKED,), (UploadState.PUBLISHED,)
_REJECTABLE = _HELD + _CHECKED
_EITHER = (Right.ENROLMENT, Right.APPROVAL)


class UploadOptions(RequestModel):
    """How the insurer wants its file parsed, checked and published."""

    format: FileFormat
    encoding: FileEncoding
    scope: FileScope
    bad_rows: BadRows
    publish: Publish


async def upload(
    state: State, caller: Caller, options: UploadOptions, body: AsyncIterator[bytes]
) -> UploadAnswer:
    """Receive a file. Raises `right-missing`, `client-closed`, `file-truncated`."""
    caller.require(Right.ENROLMENT)

    async def begin(connection: AsyncConnection) -> UUID:
        return await _begin(connection, caller, options)

    received = await Receiver(FILES, caller.insurer(), begin).receive(state.database, body)
    async with state.database.transaction() as connection:
        row = await _own(connection, caller, received.file_id)
    return _answer(row, duplicate_of=received.duplicate_of)


async def _begin(connection: AsyncConnection, caller: Caller, options: UploadOptions) -> UUID:
    """The revision is allotted before the first byte: any change made meanwhile is newer than the file."""
    if await admitted_insurer_name(connection, caller.client_id, Right.ENROLMENT) is None:
        raise ShikakuError("client-closed")
    revision = await prepare_revision(connection, caller.insurer(), caller.client_id, kind="file")
    sender = {"revision": revision, "insurer_number": caller.insurer(), "client_id": caller.client_id}
    return await FILES.add(connection, sender | options.model_dump())


async def find(state: State, caller: Caller, upload_id: UUID) -> UploadAnswer:
    """An upload. Raises `not-found`."""
    _need_either(caller)
    async with state.database.transaction() as connection:
        return _answer(await _own(connection, caller, upload_id))


async def faults(state: State, caller: Caller, upload_id: UUID, after: int) -> UploadFaults:
    """A page of its faults. Raises `not-found`."""
    _need_either(caller)
    async with state.database.transaction() as connection:
        await _own(connection, caller, upload_id)
        page = await FILES.fault_page(connection, upload_id, after)
    return UploadFaults(faults=[_fault(row) for row in page], next=next_cursor(page))


async def approve(state: State, caller: Caller, upload_id: UUID, reason: str) -> UploadAnswer:
    """Release a held file; requires another key than the uploader's.

    Raises `approval-needs-another-key`, `upload-state`.
    """
    caller.require(Right.APPROVAL)
    async with state.database.transaction() as connection:
        row = await _own(connection, caller, upload_id, lock=True)
        if row.client_id == caller.client_id:
            raise ShikakuError("approval-needs-another-key")
        return await _decide(
            connection, caller, row, "approve", reason=reason, sources=_HELD, state=UploadState.PUBLISHING
        )


async def reject(state: State, caller: Caller, upload_id: UUID, reason: str) -> UploadAnswer:
    """Reject a file that is not published. Raises `upload-state`."""
    _need_either(caller)
    async with state.database.transaction() as connection:
        row = await _own(connection, caller, upload_id, lock=True)
        return await _decide(
            connection, caller, row, "reject", reason=reason, sources=_REJECTABLE, state=UploadState.REJECTED
        )


async def publish(state: State, caller: Caller, upload_id: UUID) -> UploadAnswer:
    """Publish a checked file that waits for this request. Raises `upload-state`."""
    caller.require(Right.ENROLMENT)
    async with state.database.transaction() as connection:
        row = await _own(connection, caller, upload_id, lock=True)
        return await _decide(
            connection, caller, row, "publish", reason=None, sources=_CHECKED, state=UploadState.PUBLISHING
        )


async def undo(state: State, caller: Caller, upload_id: UUID, reason: str) -> UploadAnswer:
    """Restore the values from before a published file in a new revision.

    Raises `upload-state`, `undo-too-late`.
    """
    _need_either(caller)
    async with state.database.transaction() as connection:
        row = await _own(connection, caller, upload_id, lock=True)
        if row.state != UploadState.PUBLISHED:
            raise ShikakuError("upload-state")
        if row.known_from + timedelta(days=state.settings.undo_window_days) < state.clock():
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
            skipped=0,
        )


async def correction_list(state: State, caller: Caller, upload_id: UUID) -> CorrectionList:
    """The correction list: facilities that received a value of the file that was withdrawn since.

    Raises `not-found`.
    """
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
    if not await is_admitted(connection, caller.client_id):
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
    """Change the upload's state and store the decision, its reason and an audit record, all or nothing."""
    if not await store.move(connection, row.upload_id, sources, {"state": state} | values):
        raise ShikakuError("upload-state")
    await store.add_decision(connection, row.upload_id, decision, caller.client_id, reason)
    audit: dict[str, Any] = {
        "kind": f"enrolment.file-{decision}",
        "outcome": "done",
        "client_id": caller.client_id,
        "insurer_number": caller.insurer_number,
        "detail": {"upload": str(row.upload_id), "revision": row.revision},
    }
    await record(connection, audit)
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
