"""HTTP: earlier answers of the caller's facility."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from eligibility_api.audit import service
from eligibility_api.clients.caller import Caller
from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from eligibility_api.dependencies import current_caller
from eligibility_api.state import State, current_state
from eligibility_api.web.headers import NOT_MODIFIED, respond_with_etag
from eligibility_api.web.problems import problem_responses

router = APIRouter(prefix="/v1/eligibility/answers", tags=["eligibility"])


@router.get(
    "/{record_id}",
    summary="Get an earlier answer",
    response_model=EligibilityAnswer | UnchangedAnswer,
    responses={
        **NOT_MODIFIED,
        **problem_responses(
            "token-invalid",
            "right-missing",
            "client-closed",
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
    """Recompute the answer of a record from the rows that were read then.

    Every terminal of the facility may read it. The facility's own reference number is not included.
    """
    return respond_with_etag(request, await service.earlier_answer(state, caller, record_id))
