"""HTTP: uploading health check-ups."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from eligibility_api.checkups import service
from eligibility_api.clients.caller import Caller
from eligibility_api.contract.checkups import CheckupsAnswer, CheckupsRequest
from eligibility_api.contract.codes import Right
from eligibility_api.dependencies import current_caller, rights_first
from eligibility_api.state import State, current_state
from eligibility_api.web.large_bodies import LargeBody
from eligibility_api.web.problems import problem_responses

PATH = "/v1/health-checkups"
MAX_BYTES = 4 * 1024 * 1024
"""Maximum body size: 500 check-ups of fifty items of about 150 bytes."""

router = APIRouter(tags=["health check-ups"], route_class=rights_first(Right.CLAIMS))


@router.post(
    PATH,
    status_code=201,
    summary="Upload health check-ups",
    responses=problem_responses(
        "token-invalid",
        "right-missing",
        "client-closed",
        "enrolment-other-insurer",
        "my-number-refused",
        "request-too-large",
        "database-unavailable",
    ),
)
async def add_checkups(
    request: Annotated[CheckupsRequest, Depends(LargeBody(CheckupsRequest))],
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
) -> CheckupsAnswer:
    """特定健診 of the insurer's own members, as JLAC10 items.

    A second one of a member and day replaces the first one.
    """
    return await service.add_checkups(state, caller, request)
