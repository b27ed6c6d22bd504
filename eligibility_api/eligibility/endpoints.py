"""HTTP: eligibility by card, with the PIN or by visual check, and by number."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.eligibility import (
    CardCheckRequest,
    EligibilityAnswer,
    NumberCheckRequest,
    UnchangedAnswer,
    VisualCheckRequest,
)
from eligibility_api.dependencies import current_caller, rights_first
from eligibility_api.eligibility import service
from eligibility_api.state import State, current_state
from eligibility_api.web.problems import PROOF_REFUSALS, problem_responses

_BINDING_REFUSALS = (
    "first-registration-needed",
    "card-not-usable",
    "registration-conflict",
    "register-unavailable",
)
"""Refusals of a card whose certificate is not bound, or whose person is not to be shown."""

router = APIRouter(
    prefix="/v1/eligibility",
    tags=["eligibility"],
    route_class=rights_first(Right.ELIGIBILITY, Right.VISUAL_CHECK),
)


def _respond(answer: EligibilityAnswer | UnchangedAnswer) -> Response:
    # Built by the rules from typed values: serialised once, not validated again.
    return Response(answer.model_dump_json(), media_type="application/json")


@router.post(
    "/card",
    summary="The insurance of the person whose card signed",
    response_model=EligibilityAnswer | UnchangedAnswer,
    responses=problem_responses(*PROOF_REFUSALS, "as-of-out-of-range", *_BINDING_REFUSALS),
)
async def check_card(
    request: CardCheckRequest,
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
) -> Response:
    """Returns validity 1, 2, 4 or 6 as of the day, from the insurers' data.

    The audit record is written first.
    """
    return _respond(await service.check_card(state, caller, request))


@router.post(
    "/visual-check",
    summary="The same, after staff compared the face",
    response_model=EligibilityAnswer | UnchangedAnswer,
    responses=problem_responses(
        *PROOF_REFUSALS, "operator-required", "visual-check-limit", *_BINDING_REFUSALS
    ),
)
async def check_visually(
    request: VisualCheckRequest,
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
) -> Response:
    """目視確認: the card signed without its PIN, for an admitted terminal; the operator is recorded."""
    return _respond(await service.check_card(state, caller, request))


@router.post(
    "/number",
    summary="The insurance of the person whom a certificate's numbers match",
    response_model=EligibilityAnswer | UnchangedAnswer,
    responses=problem_responses(
        "token-invalid",
        "right-missing",
        "client-closed",
        "my-number-refused",
        "as-of-out-of-range",
        "known-at-out-of-range",
        "known-at-not-asked",
        "eligibility-not-confirmable",
        "number-miss-limit",
        "database-unavailable",
    ),
)
async def check_number(
    request: NumberCheckRequest,
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
) -> Response:
    """Returns validity 1 to 6. If nothing matches it is 4, whatever was wrong. Misses are rate-limited."""
    return _respond(await service.check_number(state, caller, request))
