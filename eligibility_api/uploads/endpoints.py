"""HTTP endpoints of an insurer's member files."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.bounds import MAX_STORED_INTEGER
from eligibility_api.contract.codes import Right
from eligibility_api.contract.uploads import (
    BadRows,
    CorrectionList,
    Decision,
    FileEncoding,
    FileFormat,
    FileScope,
    Publish,
    UploadAnswer,
    UploadFaults,
)
from eligibility_api.dependencies import current_caller, rights_first
from eligibility_api.state import State, current_state
from eligibility_api.uploads import decisions, service
from eligibility_api.uploads.service import UploadOptions
from eligibility_api.web.headers import NOT_MODIFIED, respond_with_etag
from eligibility_api.web.problems import problem_responses

PATH = "/v1/uploads"

router = APIRouter(
    prefix=PATH, tags=["member files"], route_class=rights_first(Right.ENROLMENT, Right.APPROVAL)
)

_REFUSALS = ("token-invalid", "right-missing", "client-closed", "database-unavailable")
_OF_ONE = (*_REFUSALS, "not-found")
_DECISIONS = (*_OF_ONE, "upload-state")
_FILE = {"schema": {"type": "string", "format": "binary"}}

CurrentCaller = Annotated[Caller, Depends(current_caller)]
CurrentState = Annotated[State, Depends(current_state)]


@router.post(
    "",
    status_code=202,
    summary="Upload a member file",
    responses=problem_responses(*_REFUSALS, "request-too-large", "file-truncated")
    | {200: {"model": UploadAnswer, "description": "The same file was received before."}},
    openapi_extra={
        "requestBody": {"required": True, "content": {"text/csv": _FILE, "application/jsonl": _FILE}}
    },
)
async def upload(
    request: Request,
    response: Response,
    caller: CurrentCaller,
    state: CurrentState,
    *,
    format: Annotated[FileFormat, Query()] = FileFormat.CSV,
    encoding: Annotated[FileEncoding, Query()] = FileEncoding.AUTO,
    scope: Annotated[FileScope, Query()] = FileScope.FULL,
    bad_rows: Annotated[BadRows, Query()] = BadRows.SKIP,
    publish: Annotated[Publish, Query()] = Publish.AT_ONCE,
) -> UploadAnswer:
    """The bare file as body, of any size.

    202: it is stored and will be checked. 200: the same file was received before, as `duplicate_of`, and
    nothing changes.
    """
    options = UploadOptions(format=format, encoding=encoding, scope=scope, bad_rows=bad_rows, publish=publish)
    answer = await service.upload(state, caller, options, request.stream())
    if answer.duplicate_of is not None:
        response.status_code = 200
    return answer


@router.get(
    "/{upload_id}",
    summary="Get an upload",
    response_model=UploadAnswer,
    responses=problem_responses(*_OF_ONE) | NOT_MODIFIED,
)
async def find(request: Request, upload_id: UUID, caller: CurrentCaller, state: CurrentState) -> Response:
    """Its state, and the check report once it was checked."""
    return respond_with_etag(request, await service.find(state, caller, upload_id))


@router.get(
    "/{upload_id}/faults",
    summary="Faults by row",
    response_model=UploadFaults,
    responses=problem_responses(*_OF_ONE) | NOT_MODIFIED,
)
async def faults(
    request: Request,
    upload_id: UUID,
    caller: CurrentCaller,
    state: CurrentState,
    after: Annotated[int, Query(ge=0, le=MAX_STORED_INTEGER, description="`next` of the previous page.")] = 0,
) -> Response:
    """The first 10,000 faults by row, column, rule and the value's shape; the report counts all of them."""
    return respond_with_etag(request, await service.faults(state, caller, upload_id, after))


@router.post(
    "/{upload_id}/approve",
    summary="Approve a held file or undo",
    responses=problem_responses(*_DECISIONS, "approval-needs-another-key"),
)
async def approve(
    upload_id: UUID, decision: Decision, caller: CurrentCaller, state: CurrentState
) -> UploadAnswer:
    """A held file, or its held undo. Requires another key of the same insurer than the one that asked for it."""
    return await decisions.approve(state, caller, upload_id, decision.reason)


@router.post(
    "/{upload_id}/reject", summary="Reject a file or a held undo", responses=problem_responses(*_DECISIONS)
)
async def reject(
    upload_id: UUID, decision: Decision, caller: CurrentCaller, state: CurrentState
) -> UploadAnswer:
    """Possible while it is held, or checked and not published. A rejected undo leaves the file published."""
    return await decisions.reject(state, caller, upload_id, decision.reason)


@router.post("/{upload_id}/publish", summary="Publish a file", responses=problem_responses(*_DECISIONS))
async def publish(upload_id: UUID, caller: CurrentCaller, state: CurrentState) -> UploadAnswer:
    """Requires a checked file that was uploaded with `publish=on-request`."""
    return await decisions.publish(state, caller, upload_id)


@router.post(
    "/{upload_id}/undo",
    status_code=202,
    summary="Undo a published file",
    responses=problem_responses(*_DECISIONS, "undo-too-late"),
)
async def undo(
    upload_id: UUID, decision: Decision, caller: CurrentCaller, state: CurrentState
) -> UploadAnswer:
    """A new revision restores the former values; what was known meanwhile can still be queried.

    It is held for another key if it loses a protection flag, or changes or removes too many members.
    """
    return await decisions.undo(state, caller, upload_id, decision.reason)


@router.get(
    "/{upload_id}/correction-list",
    summary="Facilities that received withdrawn values",
    response_model=CorrectionList,
    responses=problem_responses(*_OF_ONE) | NOT_MODIFIED,
)
async def correction_list(
    request: Request, upload_id: UUID, caller: CurrentCaller, state: CurrentState
) -> Response:
    """The correction list: facilities that received a value of this file that was withdrawn since."""
    return respond_with_etag(request, await service.correction_list(state, caller, upload_id))
