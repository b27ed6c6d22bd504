"""HTTP: the medical tickets that welfare offices send, and a facility's list of those issued for it."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator, current_operator
from eligibility_api.contract.codes import Right
from eligibility_api.contract.tickets import (
    TICKETS_PATH,
    Month,
    TicketRecipients,
    TicketsAnswer,
    TicketsRequest,
    TicketsWithdrawal,
)
from eligibility_api.dependencies import current_caller, rights_first
from eligibility_api.enrolment.endpoints import CHANGE_REFUSALS
from eligibility_api.enrolment.idempotency import idempotency_key
from eligibility_api.state import State, current_state
from eligibility_api.tickets import recipients, service
from eligibility_api.web.cursor import After, PageLimit
from eligibility_api.web.large_bodies import LargeBody
from eligibility_api.web.problems import problem_responses

router = APIRouter(tags=["medical tickets"])
_offices = APIRouter(prefix=TICKETS_PATH, route_class=rights_first(Right.ENROLMENT))
_facilities = APIRouter(prefix=TICKETS_PATH, route_class=rights_first(Right.ELIGIBILITY))

_REFUSALS = problem_responses(*CHANGE_REFUSALS, "welfare-office-only")


@_offices.post("", summary="Register medical tickets", responses=_REFUSALS)
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


@_offices.post("/withdraw", summary="Withdraw medical tickets", responses=_REFUSALS)
async def withdraw(
    request: Annotated[TicketsWithdrawal, Depends(LargeBody(TicketsWithdrawal))],
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
    key: Annotated[str, Depends(idempotency_key)],
) -> TicketsAnswer:
    """The tickets are not shown from now on; what was answered with them stays on record."""
    return await service.withdraw(state, caller, key, request)


@_facilities.get(
    "",
    summary="The recipients with a ticket for this facility in a month",
    responses=problem_responses(
        "token-invalid",
        "right-missing",
        "client-closed",
        "cursor-invalid",
        "as-of-out-of-range",
        "database-unavailable",
    ),
)
async def list_recipients(
    *,
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
    operator: Annotated[Operator, Depends(current_operator)],
    month: Annotated[Month, Query(description="診療年月, YYYY-MM.")],
    after: After = None,
    limit: PageLimit = 100,
) -> TicketRecipients:
    """委託先資格情報: every recipient with a ticket for the caller's facility, as by the recipient's number.

    Each is audited as one look-up.
    """
    first_day = date.fromisoformat(f"{month}-01")
    return await recipients.recipients(state, caller, operator, month=first_day, after=after, limit=limit)


for _part in (_offices, _facilities):
    router.include_router(_part)
