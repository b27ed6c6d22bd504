"""HTTP: the medical tickets that welfare offices send."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.tickets import TicketsAnswer, TicketsRequest, TicketsWithdrawal
from eligibility_api.dependencies import current_caller, rights_first
from eligibility_api.enrolment.endpoints import CHANGE_REFUSALS
from eligibility_api.enrolment.idempotency import idempotency_key
from eligibility_api.state import State, current_state
from eligibility_api.tickets import service
from eligibility_api.web.large_bodies import LargeBody
from eligibility_api.web.problems import problem_responses

router = APIRouter(
    prefix="/v1/medical-tickets", tags=["medical tickets"], route_class=rights_first(Right.ENROLMENT)
)

_REFUSALS = problem_responses(*CHANGE_REFUSALS, "welfare-office-only")


@router.post("", summary="Register medical tickets", responses=_REFUSALS)
async def register(
    request: Annotated[TicketsRequest, Depends(LargeBody(TicketsRequest))],
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
    key: Annotated[str, Depends(idempotency_key)],
) -> TicketsAnswer:
    """医療券・調剤券 of a month for designated institutions.

    An institution without one gets validity 6.
    """
    return await service.register(state, caller, key, request)


@router.post("/withdraw", summary="Withdraw medical tickets", responses=_REFUSALS)
async def withdraw(
    request: Annotated[TicketsWithdrawal, Depends(LargeBody(TicketsWithdrawal))],
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
    key: Annotated[str, Depends(idempotency_key)],
) -> TicketsAnswer:
    """The tickets are not shown from now on; what was answered with them stays on record."""
    return await service.withdraw(state, caller, key, request)
