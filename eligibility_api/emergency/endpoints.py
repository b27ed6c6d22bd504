"""HTTP: permits without consent. They grant access to the same resources as a consent (`history/`)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.emergency import (
    DISASTER_PATH,
    DISASTER_SEARCHES_PATH,
    EMERGENCIES_PATH,
    DisasterPermitRequest,
    DisasterSearch,
    EmergencyRequest,
    FoundPerson,
    PermitAnswer,
)
from eligibility_api.dependencies import current_caller, rights_first
from eligibility_api.emergency import service
from eligibility_api.state import State, current_state
from eligibility_api.web.problems import problem_responses

router = APIRouter(tags=["without consent"], route_class=rights_first(Right.EMERGENCY, Right.ELIGIBILITY))

_REFUSALS = (
    "token-invalid",
    "right-missing",
    "client-closed",
    "role-not-permitted",
    "staff-not-authorised",
    "card-not-usable",
    "database-unavailable",
)


@router.post(
    EMERGENCIES_PATH,
    status_code=201,
    summary="Request access in an emergency",
    responses=problem_responses(*_REFUSALS, "not-identified", "second-factor-refused", "second-factor-limit"),
)
async def permit_in_emergency(
    request: EmergencyRequest,
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
) -> PermitAnswer:
    """救急時医療情報閲覧: for an operator registered for it, with a second factor and a reason."""
    return await service.emergency(state, caller, request)


@router.post(
    DISASTER_SEARCHES_PATH,
    summary="Find a person in disaster mode",
    responses=problem_responses(
        "token-invalid",
        "right-missing",
        "client-closed",
        "card-not-usable",
        "disaster-mode-off",
        "disaster-not-found",
        "disaster-several-found",
        "number-miss-limit",
        "my-number-refused",
        "database-unavailable",
    ),
)
async def search_in_disaster(
    request: DisasterSearch,
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
) -> FoundPerson:
    """Exactly one person must match, by personal items or by a membership. Answers insurer and numbers."""
    return await service.search(state, caller, request)


@router.post(
    DISASTER_PATH,
    status_code=201,
    summary="Request access in disaster mode",
    responses=problem_responses(*_REFUSALS, "disaster-mode-off", "not-identified"),
)
async def permit_in_disaster(
    request: DisasterPermitRequest,
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
) -> PermitAnswer:
    """災害時医療情報閲覧: for the person found, with her oral consent or because she cannot be asked."""
    return await service.disaster_permit(state, caller, request)
