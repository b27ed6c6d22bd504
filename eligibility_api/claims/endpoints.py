"""HTTP endpoints of an insurer's claim files."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from eligibility_api.claims import service
from eligibility_api.clients.caller import Caller
from eligibility_api.contract.bounds import MAX_STORED_INTEGER
from eligibility_api.contract.claims import CLAIMS_PATH, ClaimsAnswer, ClaimsFaults
from eligibility_api.contract.codes import Right
from eligibility_api.dependencies import current_caller, rights_first
from eligibility_api.state import State, current_state
from eligibility_api.web.headers import NOT_MODIFIED, respond_with_etag
from eligibility_api.web.problems import problem_responses

router = APIRouter(prefix=CLAIMS_PATH, tags=["claims"], route_class=rights_first(Right.CLAIMS))

_REFUSALS = ("token-invalid", "right-missing", "client-closed", "database-unavailable")
_OF_ONE = (*_REFUSALS, "not-found")
_FILE = {"schema": {"type": "string", "format": "binary"}}

CurrentCaller = Annotated[Caller, Depends(current_caller)]
CurrentState = Annotated[State, Depends(current_state)]


@router.post(
    "",
    status_code=202,
    summary="Send a claim file",
    responses=problem_responses(*_REFUSALS, "request-too-large", "file-truncated")
    | {200: {"model": ClaimsAnswer, "description": "The same file was received before."}},
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": _FILE}}},
)
async def send(
    request: Request, response: Response, caller: CurrentCaller, state: CurrentState
) -> ClaimsAnswer:
    """The bare file as body, of any size, with the sections of one or several institutions.

    202: it is stored and will be read. 200: the same file was received before, as `duplicate_of`, and nothing
    changes.
    """
    answer = await service.send(state, caller, request.stream())
    if answer.duplicate_of is not None:
        response.status_code = 200
    return answer


@router.get(
    "/{file_id}",
    summary="Get a claim file",
    response_model=ClaimsAnswer,
    responses=problem_responses(*_OF_ONE) | NOT_MODIFIED,
)
async def find(request: Request, file_id: UUID, caller: CurrentCaller, state: CurrentState) -> Response:
    """Its state, and the report once it was read."""
    return respond_with_etag(request, await service.find(state, caller, file_id))


@router.get(
    "/{file_id}/faults",
    summary="Faults by place",
    response_model=ClaimsFaults,
    responses=problem_responses(*_OF_ONE) | NOT_MODIFIED,
)
async def faults(
    request: Request,
    file_id: UUID,
    caller: CurrentCaller,
    state: CurrentState,
    after: Annotated[int, Query(ge=0, le=MAX_STORED_INTEGER, description="`next` of the previous page.")] = 0,
) -> Response:
    """The first 10,000 faults by line, record, field, rule and the value's shape.

    At most 100 per claim; the report counts those beyond 10,000 too.
    """
    return respond_with_etag(request, await service.faults(state, caller, file_id, after))
