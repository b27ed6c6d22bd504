"""HTTP: the first registration of a card."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.registration import RegistrationAnswer, RegistrationRequest
from eligibility_api.dependencies import current_caller, rights_first
from eligibility_api.registration import service
from eligibility_api.state import State, current_state
from eligibility_api.web.problems import PROOF_REFUSALS, problem_responses

router = APIRouter(
    prefix="/v1/registrations", tags=["registration"], route_class=rights_first(Right.REGISTRATION)
)


@router.post(
    "",
    status_code=201,
    summary="Register a card for insurance use",
    responses=problem_responses(
        *PROOF_REFUSALS,
        "registration-conflict",
        "registration-other-member",
        "registration-unknown-certificate",
        "card-not-usable",
        "operator-required",
        "visual-check-limit",
        "register-unavailable",
    ),
)
async def register(
    request: RegistrationRequest,
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
) -> RegistrationAnswer:
    """The holder agrees; J-LIS identifies her. Without a PIN the operator who compared the face is named.

    A stated membership is only compared, and never selects the person.
    """
    return await service.register(state, caller, request)
