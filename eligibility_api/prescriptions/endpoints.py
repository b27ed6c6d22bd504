"""HTTP: recording prescriptions and dispensings at once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator, current_operator
from eligibility_api.contract.codes import Right
from eligibility_api.contract.prescriptions import (
    DispensingRequest,
    EntryAnswer,
    OnSiteRequest,
    PrescriptionRequest,
)
from eligibility_api.dependencies import current_caller, rights_first
from eligibility_api.enrolment.idempotency import idempotency_key
from eligibility_api.prescriptions import service
from eligibility_api.state import State, current_state
from eligibility_api.web.problems import problem_responses

router = APIRouter(tags=["prescriptions"], route_class=rights_first(Right.PRESCRIPTION))

_REFUSALS = problem_responses(
    "token-invalid",
    "right-missing",
    "client-closed",
    "idempotency-key-missing",
    "idempotency-key-reused",
    "facility-kind-not-permitted",
    "role-not-permitted",
    "staff-not-authorised",
    "prescription-day",
    "not-identified",
    "database-unavailable",
)


@router.post("/v1/prescriptions", status_code=201, summary="Record a prescription", responses=_REFUSALS)
async def prescribe(
    request: PrescriptionRequest,
    caller: Annotated[Caller, Depends(current_caller)],
    operator: Annotated[Operator, Depends(current_operator)],
    state: Annotated[State, Depends(current_state)],
    key: Annotated[str, Depends(idempotency_key)],
) -> EntryAnswer:
    """処方情報: from a clinic, hospital or dental clinic, by a doctor, a dentist or authorised staff."""
    return await service.prescribe(state, caller, operator, key, request)


@router.post(
    "/v1/on-site-dispensings",
    status_code=201,
    summary="Record what a prescribing institution dispensed itself",
    responses=_REFUSALS,
)
async def dispense_on_site(
    request: OnSiteRequest,
    caller: Annotated[Caller, Depends(current_caller)],
    operator: Annotated[Operator, Depends(current_operator)],
    state: Annotated[State, Depends(current_state)],
    key: Annotated[str, Depends(idempotency_key)],
) -> EntryAnswer:
    """院内処方: from a clinic, hospital or dental clinic, by a doctor, a dentist or authorised staff."""
    return await service.dispense_on_site(state, caller, operator, key, request)


@router.post("/v1/dispensings", status_code=201, summary="Record a dispensing", responses=_REFUSALS)
async def dispense(
    request: DispensingRequest,
    caller: Annotated[Caller, Depends(current_caller)],
    operator: Annotated[Operator, Depends(current_operator)],
    state: Annotated[State, Depends(current_state)],
    key: Annotated[str, Depends(idempotency_key)],
) -> EntryAnswer:
    """調剤情報: from a pharmacy, by a pharmacist or authorised staff."""
    return await service.dispense(state, caller, operator, key, request)
