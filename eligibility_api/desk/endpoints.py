"""HTTP: the insurer's desk. What is read may be asked for again with its entity tag: 304 where nothing has changed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from eligibility_api.contract.insurer_ops import (
    Changes,
    ConfirmAnswer,
    ConfirmRequest,
    Mismatches,
    Month,
    PaperCertificates,
    Statistics,
    UnlinkAnswer,
    UnlinkRequest,
)
from eligibility_api.desk import service, settling
from eligibility_api.enrolment.endpoints import CHANGE_REFUSALS
from eligibility_api.enrolment.key import idempotency_key
from eligibility_api.facilities.bearer import current_caller
from eligibility_api.facilities.caller import Caller
from eligibility_api.platform.conditional import conditional
from eligibility_api.platform.problems import problem_responses
from eligibility_api.state import State, current_state

router = APIRouter(prefix="/v1", tags=["insurer's desk"])

_READ_REFUSALS = ("token-invalid", "right-missing", "client-closed", "database-unavailable")
_LISTED = problem_responses(*_READ_REFUSALS, "cursor-invalid")

After = Annotated[
    str | None, Query(max_length=200, description="`next` of the page before; the first page without it.")
]
Limit = Annotated[int, Query(ge=1, le=1_000)]
Key = Annotated[str, Depends(idempotency_key)]
From = Annotated[Caller, Depends(current_caller)]
At = Annotated[State, Depends(current_state)]


@router.get("/mismatches", summary="The mismatch queue", response_model=Mismatches, responses=_LISTED)
async def mismatches(request: Request, caller: From, state: At, after: After = None) -> Response:
    """Members whom the resident register does not show as the insurer says, oldest first; unanswered until settled."""
    return conditional(request, await service.mismatches(state, caller, after))


@router.post(
    "/mismatches/confirm",
    summary="Confirm a member as said",
    responses=problem_responses(
        *CHANGE_REFUSALS, "register-unavailable", "mismatch-limit", "mismatch-unknown"
    ),
)
async def confirm(request: ConfirmRequest, caller: From, state: At, key: Key) -> ConfirmAnswer:
    """The register is asked once more: one person is linked. Otherwise the insurer's word stands; answers flow again."""
    return await settling.confirm(state, caller, key, request)


@router.post(
    "/enrolments/unlink",
    summary="Part a member from a person wrongly linked",
    responses=problem_responses(
        *CHANGE_REFUSALS, "register-unavailable", "mismatch-limit", "enrolment-unknown"
    ),
)
async def split(request: UnlinkRequest, caller: From, state: At, key: Key) -> UnlinkAnswer:
    """The enrolment goes to whom its items name, or to nobody until that is settled. Bindings of cards stay."""
    return await settling.split(state, caller, key, request)


@router.get("/changes", summary="The change feed", response_model=Changes, responses=_LISTED)
async def changes(
    request: Request, caller: From, state: At, after: After = None, limit: Limit = 100
) -> Response:
    """What has become known, or is no longer what is known, of the insurer's members, in the order of publishing."""
    return conditional(request, await service.changes(state, caller, after, limit))


@router.get(
    "/statistics",
    summary="Registration delay, look-ups by outcome",
    response_model=Statistics,
    responses=problem_responses(*_READ_REFUSALS),
)
async def figures(request: Request, caller: From, state: At) -> Response:
    """How long members wait until the desks see them, and what the desks saw when they asked."""
    return conditional(request, await service.figures(state, caller))


@router.get(
    "/paper-certificates",
    summary="Who needs a 資格確認書",
    response_model=PaperCertificates,
    responses=_LISTED,
)
async def papers(
    request: Request, caller: From, state: At, after: After = None, since_month: Month | None = None
) -> Response:
    """Current members without a valid bound certificate; `new_since` marks who was not listed then (a month ago)."""
    return conditional(request, await service.papers(state, caller, after, since_month))
