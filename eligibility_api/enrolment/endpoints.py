"""HTTP: what insurers send about single members."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from eligibility_api.contract.enrolment import EndRequest, EnrolmentAnswer, EnrolmentRequest
from eligibility_api.enrolment import service
from eligibility_api.facilities.bearer import current_caller
from eligibility_api.facilities.caller import Caller
from eligibility_api.platform.problems import problem_responses
from eligibility_api.state import State, current_state

router = APIRouter(prefix="/v1/enrolments", tags=["enrolment"])

_REFUSALS = (
    "token-invalid",
    "right-missing",
    "enrolment-other-insurer",
    "my-number-refused",
    "database-unavailable",
)


@router.post(
    "",
    status_code=201,
    summary="Enrol one member",
    responses=problem_responses(*_REFUSALS, "enrolment-overlap", "register-unavailable"),
)
async def enrol(
    request: EnrolmentRequest,
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
) -> EnrolmentAnswer:
    """資格取得. The fund looks the member up in the resident register; `match` tells whether it found one person."""
    return await service.enrol(state, caller, request)


@router.post(
    "/end",
    summary="End a member's enrolment",
    responses=problem_responses(*_REFUSALS, "enrolment-unknown"),
)
async def end(
    request: EndRequest,
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
) -> EnrolmentAnswer:
    """資格喪失. `lost_on` is the first uninsured day."""
    return await service.end(state, caller, request)
