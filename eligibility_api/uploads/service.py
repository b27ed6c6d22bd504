"""An insurer's calls about its own member files: upload and look up. `decisions.py` has its decisions."""

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
    UploadReport,
    UploadState,
)
from eligibility_api.contract.wire import RequestModel
from eligibility_api.enrolment.store import admitted_insurer_name, prepare_revision, record
from eligibility_api.files.receive import Receiver
from eligibility_api.files.store import next_cursor
from eligibility_api.insurer_ops.corrections import facilities_answered_by_revisions
from eligibility_api.insurer_ops.service import record_read
from eligibility_api.platform.settings import Settings
from eligibility_api.state import State
from eligibility_api.uploads import store
from eligibility_api.uploads.matches import without_matches
from eligibility_api.uploads.store import FILES

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
        row = await own(connection, caller, received.file_id)
    return answer_of(row, state.settings, duplicate_of=received.duplicate_of)


async def _begin(connection: AsyncConnection, caller: Caller, options: UploadOptions) -> UUID:
    """The revision is allotted before the first byte: any change made meanwhile is newer than the file."""
    if await admitted_insurer_name(connection, caller.client_id, Right.ENROLMENT) is None:
        raise ShikakuError("client-closed")
    revision = await prepare_revision(connection, caller.insurer(), caller.client_id, kind="file")
    sender = {"revision": revision, "insurer_number": caller.insurer(), "client_id": caller.client_id}
    return await FILES.add(connection, sender | options.model_dump())


async def find(state: State, caller: Caller, upload_id: UUID) -> UploadAnswer:
    """An upload. Raises `not-found`."""
    need_either(caller)
    async with state.database.transaction() as connection:
        return answer_of(await own(connection, caller, upload_id), state.settings)


async def faults(state: State, caller: Caller, upload_id: UUID, after: int) -> UploadFaults:
    """A page of its faults. Raises `not-found`."""
    need_either(caller)
    async with state.database.transaction() as connection:
        await own(connection, caller, upload_id)
        page = await FILES.fault_page(connection, upload_id, after)
        shown = {"upload": str(upload_id), "after": after}
        members = sum(row.enrolment_id is not None for row in page)
        await record_read(connection, caller, "file-faults.read", shown, members=members)
    return UploadFaults(faults=[_fault(row) for row in page], next=next_cursor(page))


async def correction_list(state: State, caller: Caller, upload_id: UUID) -> CorrectionList:
    """The correction list: facilities that received a value of the file that was withdrawn since.

    Raises `not-found`.
    """
    need_either(caller)
    async with state.database.transaction() as connection:
        row = await own(connection, caller, upload_id)
        facilities = await facilities_answered_by_revisions(connection, [row.revision])
        await _record_list_read(connection, caller, upload_id, len(facilities))
        return CorrectionList(facilities=facilities)


async def _record_list_read(
    connection: AsyncConnection, caller: Caller, upload_id: UUID, facilities: int
) -> None:
    detail = {"upload": str(upload_id), "facilities": facilities}
    values = {"client_id": caller.client_id, "insurer_number": caller.insurer(), "detail": detail}
    await record(connection, {"kind": "corrections.read", "outcome": "done", **values})


def need_either(caller: Caller) -> None:
    """Raise `right-missing` for a caller who may neither send nor approve files."""
    if not caller.rights.intersection(_EITHER):
        raise ShikakuError("right-missing")


async def own(
    connection: AsyncConnection, caller: Caller, upload_id: UUID, *, lock: bool = False
) -> Row[Any]:
    """The caller's upload, with `lock` until the commit. Raises `client-closed`, `not-found`."""
    if not await is_admitted(connection, caller.client_id):
        raise ShikakuError("client-closed")
    row = await store.find(connection, caller.insurer(), upload_id, lock=lock)
    if row is None:
        raise ShikakuError("not-found")
    return row


def answer_of(row: Row[Any], settings: Settings, duplicate_of: str | None = None) -> UploadAnswer:
    """The answer about an upload: what it withholds is left out of the report."""
    report = UploadReport.model_validate(row.report) if row.report is not None else None
    if report is not None and row.withheld:
        report = without_matches(report)
    undo_until = None
    if row.state == UploadState.PUBLISHED and row.known_from is not None:
        undo_until = row.known_from + timedelta(days=settings.undo_window_days)
    return UploadAnswer(
        upload_id=str(row.upload_id),
        state=UploadState(row.state),
        received_at=row.received_at,
        size=row.size,
        refusal=row.refusal if row.state == UploadState.REFUSED else None,
        duplicate_of=duplicate_of,
        report=report,
        undo_report=row.undo_report,
        known_from=row.known_from,
        undone_from=row.undone_from,
        undo_until=undo_until,
    )


def _fault(row: Row[Any]) -> UploadFault:
    enrolment_id = str(row.enrolment_id) if row.enrolment_id is not None else None
    return UploadFault(
        row=row.row, column=row.column_name, code=row.code, shape=row.shape, enrolment_id=enrolment_id
    )
