"""HTTP: the insurers' back office. Reads support entity tags."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.insurer_ops import (
    Changes,
    ConfirmAnswer,
    ConfirmRequest,
    DeregistrationAnswer,
    DeregistrationApplications,
    DeregistrationRequest,
    DeregistrationWithdrawalAnswer,
    FoundMembers,
    MemberHistory,
    MemberSearch,
    Mismatches,
    Month,
    PaperApplicationAnswer,
    PaperApplicationRequest,
    PaperCertificates,
    PaperWithdrawalAnswer,
    Statistics,
    UnlinkAnswer,
    UnlinkRequest,
)
from eligibility_api.dependencies import current_caller, rights_first
from eligibility_api.enrolment.endpoints import CHANGE_REFUSALS
from eligibility_api.enrolment.idempotency import idempotency_key
from eligibility_api.insurer_ops import members, mismatch_resolution, papers, service
from eligibility_api.state import State, current_state
from eligibility_api.web.cursor import After
from eligibility_api.web.headers import NOT_MODIFIED, respond_with_etag
from eligibility_api.web.problems import problem_responses

router = APIRouter(
    prefix="/v1", tags=["insurer's desk"], route_class=rights_first(Right.ENROLMENT, Right.APPROVAL)
)

_READ_REFUSALS = ("token-invalid", "right-missing", "client-closed", "database-unavailable")
_LIST_RESPONSES = problem_responses(*_READ_REFUSALS, "cursor-invalid")

Limit = Annotated[int, Query(ge=1, le=1_000)]
Key = Annotated[str, Depends(idempotency_key)]
From = Annotated[Caller, Depends(current_caller)]
At = Annotated[State, Depends(current_state)]


@router.post(
    "/members/search",
    summary="Find own members by number",
    responses=problem_responses(*_READ_REFUSALS),
)
async def search_members(request: MemberSearch, caller: From, state: At) -> FoundMembers:
    """Own members only, at most 50, each with the latest period; recorded."""
    return await members.search(state, caller, request)


@router.get(
    "/members/{enrolment_id}",
    summary="Every version of a member",
    responses=problem_responses(*_READ_REFUSALS, "enrolment-unknown"),
)
async def member(enrolment_id: UUID, caller: From, state: At) -> MemberHistory:
    """What was known of a member of the insurer, for which days, from when until when; recorded."""
    return await members.history(state, caller, enrolment_id)


@router.get(
    "/mismatches",
    summary="The mismatch queue",
    response_model=Mismatches,
    responses=_LIST_RESPONSES | NOT_MODIFIED,
)
async def mismatches(request: Request, caller: From, state: At, after: After = None) -> Response:
    """Members whose items the resident register does not match, oldest first. Withheld until resolved."""
    return respond_with_etag(request, await service.mismatches(state, caller, after))


@router.post(
    "/mismatches/confirm",
    summary="Confirm a member's items",
    responses=problem_responses(
        *CHANGE_REFUSALS,
        "register-unavailable",
        "mismatch-limit",
        "mismatch-unknown",
        "approval-needs-another-key",
    ),
)
async def confirm(request: ConfirmRequest, caller: From, state: At, key: Key) -> ConfirmAnswer:
    """The register is asked again; exactly one person is linked.

    Otherwise the items are confirmed, and answered again. A contested member needs another key, with a reason.
    """
    return await mismatch_resolution.confirm(state, caller, key, request)


@router.post(
    "/enrolments/unlink",
    summary="Unlink a member from a wrongly linked person",
    responses=problem_responses(
        *CHANGE_REFUSALS, "register-unavailable", "mismatch-limit", "enrolment-unknown"
    ),
)
async def unlink(request: UnlinkRequest, caller: From, state: At, key: Key) -> UnlinkAnswer:
    """Links the enrolment to the person whom its items match, or to nobody until resolved.

    Card bindings stay.
    """
    return await mismatch_resolution.unlink(state, caller, key, request)


@router.get(
    "/changes", summary="The change feed", response_model=Changes, responses=_LIST_RESPONSES | NOT_MODIFIED
)
async def changes(
    request: Request, caller: From, state: At, after: After = None, limit: Limit = 100
) -> Response:
    """Versions of the insurer's members that were opened or closed, in the order of publishing."""
    return respond_with_etag(request, await service.changes(state, caller, after, limit))


@router.get(
    "/statistics",
    summary="Registration delay, look-ups by outcome",
    response_model=Statistics,
    responses=problem_responses(*_READ_REFUSALS) | NOT_MODIFIED,
)
async def statistics(request: Request, caller: From, state: At) -> Response:
    """The delay from acquisition to visibility, and the number of look-ups by outcome."""
    return respond_with_etag(request, await service.statistics(state, caller))


@router.get(
    "/paper-certificates",
    summary="Who needs a 資格確認書",
    response_model=PaperCertificates,
    responses=_LIST_RESPONSES | NOT_MODIFIED,
)
async def paper_certificates(
    request: Request, caller: From, state: At, after: After = None, since_month: Month | None = None
) -> Response:
    """Current members for whom a card does not suffice, and why; `new_since` marks those not listed a month ago."""
    return respond_with_etag(request, await papers.paper_certificates(state, caller, after, since_month))


@router.post(
    "/paper-certificates/applications",
    status_code=201,
    summary="Record a member's application for a 資格確認書",
    responses=problem_responses(*_READ_REFUSALS, "enrolment-unknown"),
)
async def apply_for_paper(
    request: PaperApplicationRequest, caller: From, state: At
) -> PaperApplicationAnswer:
    """The member is then on the list of those who need one. Repeating it within a day changes nothing."""
    return await papers.apply(state, caller, request)


@router.post(
    "/paper-certificates/applications/withdraw",
    summary="Withdraw a member's application for a 資格確認書",
    responses=problem_responses(*_READ_REFUSALS, "enrolment-unknown", "nothing-to-withdraw"),
)
async def withdraw_paper_application(
    request: PaperApplicationRequest, caller: From, state: At
) -> PaperWithdrawalAnswer:
    """The application no longer puts the member on the list; another reason may."""
    return await papers.withdraw_application(state, caller, request)


@router.post(
    "/deregistrations",
    status_code=201,
    summary="End the use of a member's card (利用登録解除)",
    responses=problem_responses(*_READ_REFUSALS, "enrolment-unknown", "deregistration-refused"),
)
async def deregister(request: DeregistrationRequest, caller: From, state: At) -> DeregistrationAnswer:
    """At the member's request, at the end of the next month. Repeating it changes nothing."""
    return await papers.deregister(state, caller, request)


@router.get(
    "/deregistration-applications",
    summary="Members who asked to end the use of their card",
    response_model=DeregistrationApplications,
    responses=_LIST_RESPONSES | NOT_MODIFIED,
)
async def deregistration_applications(
    request: Request, caller: From, state: At, after: After = None
) -> Response:
    """What members asked for on their own page and the insurer has not done yet, oldest first."""
    return respond_with_etag(request, await papers.deregistration_applications(state, caller, after))


@router.post(
    "/deregistrations/withdraw",
    summary="Withdraw a deregistration before it takes effect",
    responses=problem_responses(
        *_READ_REFUSALS, "enrolment-unknown", "deregistration-refused", "nothing-to-withdraw"
    ),
)
async def withdraw_deregistration(
    request: DeregistrationRequest, caller: From, state: At
) -> DeregistrationWithdrawalAnswer:
    """The card stays registered, with those that renewed it meanwhile."""
    return await papers.withdraw_deregistration(state, caller, request)
