"""HTTP: earlier answers."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from eligibility_api.audit import service
from eligibility_api.clients.caller import Caller
from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from eligibility_api.dependencies import current_caller
from eligibility_api.state import State, current_state
from eligibility_api.web.etag import respond_with_etag
from eligibility_api.web.problems import problem_responses

router = APIRouter(prefix="/v1/eligibility/answers", tags=["eligibility"])


@router.get(
    "/{record_id}",
    summary="What was answered then",
    response_model=EligibilityAnswer | UnchangedAnswer,
    responses={
        304: {"description": "The client holds it."},
        **problem_responses(
            "token-invalid",
            "right-missing",
            "not-found",
            "answer-of-earlier-rule",
            "card-not-usable",
            "eligibility-not-confirmable",
            "database-unavailable",
        ),
    },
)
async def earlier_answer(
    record_id: UUID,
    request: Request,
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
) -> Response:
    """The answer of a record, computed again out of what was read then, for every terminal of the facility that asked.

    What the facility added itself, its reference number, is no part of it.
    """
    return respond_with_etag(request, await service.earlier_answer(state, caller, record_id))
