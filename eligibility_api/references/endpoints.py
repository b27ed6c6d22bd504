"""HTTP: registering reference numbers, one or many."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.references import (
    ReferenceAnswer,
    ReferenceAnswers,
    ReferenceRegistration,
    ReferenceRegistrations,
)
from eligibility_api.dependencies import current_caller, rights_first
from eligibility_api.references import service
from eligibility_api.state import State, current_state
from eligibility_api.web.large_bodies import LargeBody
from eligibility_api.web.problems import problem_responses

BULK_PATH = "/v1/reference-numbers/bulk"
BULK_BYTES = 512 * 1024
"""Maximum body size of a bulk registration: a row has about 200 bytes."""

_REFUSALS = (
    "token-invalid",
    "right-missing",
    "client-closed",
    "my-number-refused",
    "number-miss-limit",
    "database-unavailable",
)

router = APIRouter(tags=["reference numbers"], route_class=rights_first(Right.ELIGIBILITY))


@router.post(
    "/v1/reference-numbers",
    summary="Register the facility's own number for a person",
    responses=problem_responses(*_REFUSALS, "reference-not-found", "reference-several-found"),
)
async def register(
    request: ReferenceRegistration,
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
) -> ReferenceAnswer:
    """照会番号登録: returned with later answers about this person to this facility. A later number replaces it."""
    return await service.register(state, caller, request)


@router.post(BULK_PATH, summary="Register many", responses=problem_responses(*_REFUSALS))
async def register_all(
    request: Annotated[ReferenceRegistrations, Depends(LargeBody(ReferenceRegistrations))],
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
) -> ReferenceAnswers:
    """Each row has its own outcome. Rows after the last miss within the limit get `number-miss-limit`."""
    return await service.register_all(state, caller, request)
