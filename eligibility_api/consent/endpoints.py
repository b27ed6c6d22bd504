"""HTTP: challenge, registration, status and end of a consent, and eligibility without the card."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator, current_operator
from eligibility_api.consent import listing, service
from eligibility_api.consent.access_check import REFUSALS
from eligibility_api.contract.codes import Right
from eligibility_api.contract.consent import (
    CONSENTS_PATH,
    ConsentAnswer,
    ConsentChallengeAnswer,
    ConsentChallengeRequest,
    ConsentEnd,
    ConsentList,
    ConsentRequest,
    ConsentStatus,
    ListedCare,
    OwnPageConsents,
)
from eligibility_api.contract.durations import IDENTIFICATION_HOURS
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.wire import Day
from eligibility_api.dependencies import current_caller, rights_first
from eligibility_api.state import State, current_state
from eligibility_api.web.busy_routes import busy
from eligibility_api.web.cursor import After, PageLimit
from eligibility_api.web.problems import PROOF_REFUSALS, problem_responses

# A terminal that may not read histories is refused by the service, which records the attempt.
router = APIRouter(
    prefix=CONSENTS_PATH, tags=["consent"], route_class=rights_first(Right.CONSENT, Right.ELIGIBILITY)
)

CurrentCaller = Annotated[Caller, Depends(current_caller)]
CurrentState = Annotated[State, Depends(current_state)]

_REFUSALS_OF_A_CONSENT = (
    "token-invalid",
    "right-missing",
    "client-closed",
    "consent-missing",
    "consent-other-facility",
    "database-unavailable",
)


@router.post(
    "/challenges",
    summary="The statement that a patient is about to consent to, and a challenge for it",
    response_model=ConsentChallengeAnswer,
    responses=problem_responses(
        "token-invalid",
        "right-missing",
        "client-closed",
        "request-invalid",
        "consent-presence-missing",
        "consent-presence-too-old",
        "consent-day",
        "consent-online-visual-check",
        "database-unavailable",
    ),
)
@busy(cost=7, continues_visit=True)
async def new_challenge(
    request: ConsentChallengeRequest, caller: CurrentCaller, state: CurrentState
) -> Response:
    """Valid once, for this terminal, for five minutes. The terminal builds the words itself."""
    answer = await service.challenge(state, caller, request)
    return Response(answer.model_dump_json(), media_type="application/json")


@router.post(
    "",
    status_code=201,
    summary="A consent that the patient's card signed",
    response_model=ConsentAnswer,
    responses=problem_responses(
        *PROOF_REFUSALS,
        "consent-presence-missing",
        "consent-presence-other-certificate",
        "consent-presence-too-old",
        "consent-words-differ",
        "consent-day",
        "consent-certificate-expired",
        "consent-online-visual-check",
        "operator-required",
        "visual-check-limit",
        "card-not-usable",
    ),
)
@busy(cost=17, continues_visit=True)
async def register(request: ConsentRequest, caller: CurrentCaller, state: CurrentState) -> Response:
    """閲覧同意: stored with words, signature and certificate.

    Returns the eligibility including what the consent allows.
    """
    answer = await service.register(state, caller, request)
    return Response(answer.model_dump_json(), status_code=201, media_type="application/json")


@router.get(
    "",
    summary="The consents of this facility for care beyond a visit",
    responses=problem_responses(
        "token-invalid", "right-missing", "client-closed", "cursor-invalid", "database-unavailable"
    ),
)
async def list_consents(
    *,
    caller: CurrentCaller,
    state: CurrentState,
    operator: Annotated[Operator, Depends(current_operator)],
    care: Annotated[ListedCare, Query(description="訪問診療等 or オンライン診療等.")],
    given_from: Annotated[Day, Query(description="The first day of registration, in Japan.")],
    given_to: Annotated[Day, Query(description="The last day of registration.")],
    after: After = None,
    limit: PageLimit = 100,
) -> ConsentList:
    """同意済: every consent registered on these days, whichever terminal registered it, also after its end.

    Each is audited like the reading of its status; of a person who is protected nothing is listed.
    """
    days = listing.Days(given_from, given_to)
    return await listing.consents(state, caller, operator, care, days, after=after, limit=limit)


@router.get(
    "/own-page",
    summary="What a patient consented to on her own page",
    responses=problem_responses(
        "token-invalid",
        "right-missing",
        "client-closed",
        "request-invalid",
        "not-identified",
        "card-not-usable",
        "database-unavailable",
    ),
)
async def given_on_own_page(
    identified_by: Annotated[
        UUID,
        Query(
            description="`record_id` of this facility's eligibility answer about her,"
            f" of the last {IDENTIFICATION_HOURS} hours."
        ),
    ],
    caller: CurrentCaller,
    state: CurrentState,
) -> OwnPageConsents:
    """オンライン診療の事前同意: this facility's ones that have not ended, for today or a later day.

    They are used like those that a card signed, each on its day only.
    """
    return await service.given_on_own_page(state, caller, identified_by)


# Another text than a UUID is another path: GET /v1/consents/challenges is a method that is not allowed.
@router.get(
    "/{consent_id:uuid}",
    summary="The status of a consent",
    responses=problem_responses(*_REFUSALS_OF_A_CONSENT, "card-not-usable"),
)
async def status(consent_id: UUID, caller: CurrentCaller, state: CurrentState) -> ConsentStatus:
    """For every terminal of the facility to which it was given, also after its end."""
    return await service.status(state, caller, consent_id)


@router.post(
    "/{consent_id}/end",
    summary="End a consent",
    responses=problem_responses(*_REFUSALS_OF_A_CONSENT, "consent-withdrawn"),
)
async def end(
    consent_id: UUID, request: ConsentEnd, caller: CurrentCaller, state: CurrentState
) -> ConsentStatus:
    """On the patient's request or by the facility (OQSCD031): at once, once, and permanently."""
    return await service.end(state, caller, consent_id, request.reason)


@router.get(
    "/{consent_id}/eligibility",
    summary="Today's eligibility without the card",
    response_model=EligibilityAnswer,
    responses=problem_responses("token-invalid", *REFUSALS, "client-closed", "database-unavailable"),
)
async def eligibility(
    consent_id: UUID,
    caller: CurrentCaller,
    state: CurrentState,
    operator: Annotated[Operator, Depends(current_operator)],
) -> Response:
    """再照会, under a valid consent for care at home or online; includes what the consent allows."""
    answer = await service.eligibility(state, caller, consent_id, operator)
    return Response(answer.model_dump_json(), media_type="application/json")
