"""HTTP: issuing challenges."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.presence import ChallengeAnswer, ChallengeRequest
from eligibility_api.dependencies import current_caller, rights_first
from eligibility_api.presence import service
from eligibility_api.state import State, current_state
from eligibility_api.web.busy_routes import busy
from eligibility_api.web.problems import problem_responses

router = APIRouter(
    prefix="/v1/presence",
    tags=["presence"],
    route_class=rights_first(Right.ELIGIBILITY, Right.REGISTRATION, Right.VISUAL_CHECK, Right.OWN_ACCESS),
)


@router.post(
    "/challenges",
    summary="A challenge for a card to sign",
    response_model=ChallengeAnswer,
    responses=problem_responses("token-invalid", "right-missing", "request-invalid"),
)
@busy(cost=3)
async def new_challenge(
    request: ChallengeRequest,
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
) -> Response:
    """Valid once, for a minute, for this terminal and purpose. Nothing is stored until it is spent."""
    answer = service.issue_challenge(state, caller, request.purpose)
    return Response(answer.model_dump_json(), media_type="application/json")
