"""HTTP: the check of duplicate medication."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator, current_operator
from eligibility_api.consent.access_check import REFUSALS
from eligibility_api.contract.codes import Right
from eligibility_api.contract.duplicate_checks import (
    DUPLICATE_CHECKS_PATH,
    DuplicateCheckAnswer,
    DuplicateCheckRequest,
)
from eligibility_api.dependencies import current_caller, rights_first
from eligibility_api.duplicates import service
from eligibility_api.state import State, current_state
from eligibility_api.web.problems import problem_responses

router = APIRouter(tags=["prescriptions"], route_class=rights_first(Right.PRESCRIPTION))


@router.post(
    DUPLICATE_CHECKS_PATH,
    summary="Check for duplicate and contraindicated medication",
    responses=problem_responses(
        "token-invalid",
        "client-closed",
        "facility-kind-not-permitted",
        "prescription-day",
        "not-identified",
        *REFUSALS,
        "database-unavailable",
    ),
)
async def check(
    request: DuplicateCheckRequest,
    caller: Annotated[Caller, Depends(current_caller)],
    operator: Annotated[Operator, Depends(current_operator)],
    state: Annotated[State, Depends(current_state)],
) -> DuplicateCheckAnswer:
    """重複投薬等チェック: with prescriptions not yet dispensed and with dispensings, never with claims.

    Without the patient's consent the facts only: no drug, and no institution.
    """
    return await service.check(state, caller, operator, request)
