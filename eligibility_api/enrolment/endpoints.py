"""HTTP: insurers' changes of single members."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.enrolment import (
    BranchRequest,
    CorrectionRequest,
    EndRequest,
    EnrolmentAnswer,
    EnrolmentRequest,
    MoveRequest,
    WithdrawRequest,
)
from eligibility_api.dependencies import current_caller, rights_first
from eligibility_api.enrolment import service
from eligibility_api.enrolment.idempotency import idempotency_key
from eligibility_api.state import State, current_state
from eligibility_api.web.problems import problem_responses

router = APIRouter(prefix="/v1/enrolments", tags=["enrolment"], route_class=rights_first(Right.ENROLMENT))

CHANGE_REFUSALS = (
    "token-invalid",
    "right-missing",
    "client-closed",
    "idempotency-key-missing",
    "idempotency-key-reused",
    "my-number-refused",
    "database-unavailable",
)
"""Refusals that every call changing a single member shares."""

_REFUSALS = (*CHANGE_REFUSALS, "enrolment-other-insurer")
_REGISTER_REFUSALS = ("register-unavailable", "mismatch-limit")
_SCHEME_REFUSALS = ("enrolment-recipient", "enrolment-late-elderly")
_MEMBER_REFUSALS = (*_SCHEME_REFUSALS, "enrolment-medical-aid", "enrolment-period")
"""Refusals of a member's items, and of the numbers of a scheme."""

Key = Annotated[str, Depends(idempotency_key)]
From = Annotated[Caller, Depends(current_caller)]
At = Annotated[State, Depends(current_state)]


@router.post(
    "",
    status_code=201,
    summary="Enrol one member",
    responses=problem_responses(*_REFUSALS, *_REGISTER_REFUSALS, *_MEMBER_REFUSALS, "enrolment-overlap"),
)
async def enrol(request: EnrolmentRequest, caller: From, state: At, key: Key) -> EnrolmentAnswer:
    """資格取得. The fund matches the member with the resident register; `match` is the result."""
    return await service.enrol(state, caller, key, request)


@router.post(
    "/end",
    summary="End a member's enrolment",
    responses=problem_responses(*_REFUSALS, "enrolment-unknown"),
)
async def end(request: EndRequest, caller: From, state: At, key: Key) -> EnrolmentAnswer:
    """資格喪失. `lost_on` is the first uninsured day."""
    return await service.end(state, caller, key, request)


@router.post(
    "/correct",
    summary="Correct a period of a member",
    responses=problem_responses(
        *_REFUSALS, *_REGISTER_REFUSALS, *_MEMBER_REFUSALS, "enrolment-unknown", "enrolment-overlap"
    ),
)
async def correct(request: CorrectionRequest, caller: From, state: At, key: Key) -> EnrolmentAnswer:
    """資格訂正. The corrected period is sent as a whole; the membership itself may change."""
    return await service.correct(state, caller, key, request)


@router.post(
    "/move",
    summary="Change a member's address",
    responses=problem_responses(*_REFUSALS, *_REGISTER_REFUSALS, "enrolment-unknown"),
)
async def move(request: MoveRequest, caller: From, state: At, key: Key) -> EnrolmentAnswer:
    """住所変更. The register is asked again; when it has no such person there, a mismatch is opened."""
    return await service.move(state, caller, key, request)


@router.post(
    "/branch",
    summary="Change a member's branch number",
    responses=problem_responses(*_REFUSALS, *_SCHEME_REFUSALS, "enrolment-unknown", "enrolment-overlap"),
)
async def branch(request: BranchRequest, caller: From, state: At, key: Key) -> EnrolmentAnswer:
    """枝番の変更. The period continues as an enrolment of its own under the new number."""
    return await service.branch(state, caller, key, request)


@router.post(
    "/withdraw",
    summary="Withdraw an enrolment that never existed",
    responses=problem_responses(*_REFUSALS, "enrolment-unknown"),
)
async def withdraw(request: WithdrawRequest, caller: From, state: At, key: Key) -> EnrolmentAnswer:
    """資格取得取消. The period is not used for answers any more; the former knowledge stays on record."""
    return await service.withdraw(state, caller, key, request)
