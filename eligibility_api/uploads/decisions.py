"""An insurer's decisions about its own member files: approve, reject, publish, undo.

Whatever is held needs another key of the same insurer than the one that asked for it, a right of its own and a
reason: the publication of a file, or its undo.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.uploads import UploadAnswer, UploadState
from eligibility_api.enrolment.store import prepare_revision, record
from eligibility_api.platform.settings import Settings
from eligibility_api.state import State
from eligibility_api.uploads import store
from eligibility_api.uploads.service import answer_of, need_either, own


async def approve(state: State, caller: Caller, upload_id: UUID, reason: str) -> UploadAnswer:
    """Release a held file, or a held undo; requires another key than the one that sent it or asked for it.

    Raises `approval-needs-another-key`, `upload-state`.
    """
    caller.require(Right.APPROVAL)
    async with state.database.transaction() as connection:
        row = await own(connection, caller, upload_id, lock=True)
        undo = row.state == UploadState.UNDO_HELD
        if caller.client_id == (row.undo_client_id if undo else row.client_id):
            raise ShikakuError("approval-needs-another-key")
        return await _decide(
            connection,
            state.settings,
            caller,
            row,
            "approve",
            about=row.undo_revision if undo else row.revision,
            reason=reason,
            sources=(UploadState.UNDO_HELD if undo else UploadState.HELD,),
            state=UploadState.UNDOING if undo else UploadState.PUBLISHING,
            withheld=False,
        )


async def reject(state: State, caller: Caller, upload_id: UUID, reason: str) -> UploadAnswer:
    """Reject a file that is not published, or a held undo: the file stays published. Raises `upload-state`."""
    need_either(caller)
    async with state.database.transaction() as connection:
        row = await own(connection, caller, upload_id, lock=True)
        if row.state == UploadState.UNDO_HELD:
            return await _decide(
                connection,
                state.settings,
                caller,
                row,
                "reject",
                about=row.undo_revision,
                reason=reason,
                sources=(UploadState.UNDO_HELD,),
                state=UploadState.PUBLISHED,
                undo_revision=None,
            )
        return await _decide(
            connection,
            state.settings,
            caller,
            row,
            "reject",
            about=row.revision,
            reason=reason,
            sources=(UploadState.HELD, UploadState.CHECKED),
            state=UploadState.REJECTED,
        )


async def publish(state: State, caller: Caller, upload_id: UUID) -> UploadAnswer:
    """Publish a checked file that waits for this request. Raises `upload-state`."""
    caller.require(Right.ENROLMENT)
    async with state.database.transaction() as connection:
        row = await own(connection, caller, upload_id, lock=True)
        return await _decide(
            connection,
            state.settings,
            caller,
            row,
            "publish",
            about=row.revision,
            reason=None,
            sources=(UploadState.CHECKED,),
            state=UploadState.PUBLISHING,
        )


async def undo(state: State, caller: Caller, upload_id: UUID, reason: str) -> UploadAnswer:
    """Restore the values from before a published file in a new revision, unless the job holds it (rule N6).

    Raises `upload-state`, `undo-too-late`.
    """
    need_either(caller)
    async with state.database.transaction() as connection:
        row = await own(connection, caller, upload_id, lock=True)
        if row.state != UploadState.PUBLISHED:
            raise ShikakuError("upload-state")
        if row.known_from + timedelta(days=state.settings.undo_window_days) < state.clock():
            raise ShikakuError("undo-too-late")
        revision = await prepare_revision(
            connection, caller.insurer(), caller.client_id, kind="undo", undoes=row.revision
        )
        return await _decide(
            connection,
            state.settings,
            caller,
            row,
            "undo",
            about=revision,
            reason=reason,
            sources=(UploadState.PUBLISHED,),
            state=UploadState.UNDOING,
            undo_revision=revision,
            prepared=0,
            skipped=0,
        )


async def _decide(
    connection: AsyncConnection,
    settings: Settings,
    caller: Caller,
    row: Row[Any],
    decision: str,
    *,
    about: int,
    reason: str | None,
    sources: tuple[str, ...],
    state: UploadState,
    **values: Any,
) -> UploadAnswer:
    """Change the upload's state and store the decision, its reason and an audit record, all or nothing.

    `about` is the revision that is decided on: the file's, or its undo's.
    """
    if not await store.move(connection, row.upload_id, sources, {"state": state} | values):
        raise ShikakuError("upload-state")
    await store.add_decision(
        connection,
        row.upload_id,
        revision=about,
        decision=decision,
        client_id=caller.client_id,
        reason=reason,
    )
    detail: dict[str, Any] = {"upload": str(row.upload_id), "revision": about}
    audit: dict[str, Any] = {
        "kind": f"enrolment.file-{decision}",
        "outcome": "done",
        "client_id": caller.client_id,
        "insurer_number": caller.insurer_number,
        "detail": detail if reason is None else detail | {"reason": reason},
    }
    await record(connection, audit)
    return answer_of(await own(connection, caller, row.upload_id), settings)
