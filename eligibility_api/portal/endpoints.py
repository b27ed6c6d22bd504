"""HTTP: the one-time code for a terminal. The patient's own pages are in `pages/`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.own_access import OWN_ACCESS_PATH, OwnAccessAnswer, OwnAccessRequest
from eligibility_api.dependencies import current_caller, rights_first
from eligibility_api.portal import service
from eligibility_api.state import State, current_state
from eligibility_api.web.problems import PROOF_REFUSALS, problem_responses

router = APIRouter(prefix=OWN_ACCESS_PATH, tags=["own-access"], route_class=rights_first(Right.OWN_ACCESS))


@router.post(
    "",
    status_code=201,
    summary="A one-time code for the card's holder",
    responses=problem_responses(
        *PROOF_REFUSALS,
        "first-registration-needed",
        "registration-conflict",
        "card-not-usable",
        "own-access-unavailable",
    ),
)
async def make_code(
    request: OwnAccessRequest,
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
) -> OwnAccessAnswer:
    """本人による閲覧: the patient opens the code on the page at `address`, on a device of her own.

    Needs a right of its own, which a terminal has only if it was granted in admission. Nothing about the patient
    is in the answer, unless the fund is set to show the list of accesses at readers.
    """
    return await service.make_code(state, caller, request)
