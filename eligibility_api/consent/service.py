"""Consent: from the wish to look, over the words that the card signed, to what the facility may see."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator
from eligibility_api.consent import store
from eligibility_api.consent.giving import Given, Wish, facility_name, give
from eligibility_api.consent.seen import GateSeen, check
from eligibility_api.contract.categories import CATEGORIES
from eligibility_api.contract.codes import Category, EndReason, Purpose
from eligibility_api.contract.consent import (
    UNTIL,
    Allowed,
    Basis,
    ConsentAnswer,
    ConsentChallengeAnswer,
    ConsentChallengeRequest,
    ConsentRequest,
    ConsentStatement,
    ConsentStatus,
    to_be_signed,
)
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain import eligibility as rules
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.domain.enrolment_version import Channel
from eligibility_api.eligibility.misses import seconds_to_the_next_hour
from eligibility_api.eligibility.service import with_reference
from eligibility_api.presence.service import RIGHTS_FOR, check_spent
from eligibility_api.presence.statement import Evidence
from eligibility_api.state import State

_OVER = frozenset({"answered", "consent-withdrawn", "consent-expired"})
"""What the gate may say of a consent whose state is told."""


async def challenge(state: State, caller: Caller, request: ConsentChallengeRequest) -> ConsentChallengeAnswer:
    """The statement's parts, and a challenge for it. Nothing is stored.

    Raises `right-missing`, `client-closed`, `consent-presence-missing` and `consent-presence-too-old`: a consent after
    such a presence would be refused anyway.
    """
    purpose = Purpose.VISUAL_CONSENT if request.visual_check else Purpose.CONSENT
    minted = state.presence.challenge(caller, purpose, life=state.settings.consent_challenge_life)
    name = await facility_name(state.database, caller, RIGHTS_FOR[purpose], request.presence_record)
    statement = ConsentStatement(
        language=request.language,
        institution_code=caller.institution(),
        institution_name=name,
        categories=request.categories,
        care=request.care,
        until=UNTIL[request.care],
    )
    return ConsentChallengeAnswer(
        challenge=minted.challenge, expires_at=minted.expires_at, statement=statement
    )


async def register(state: State, caller: Caller, request: ConsentRequest) -> ConsentAnswer:
    """Keep a consent with its evidence; the eligibility of today, completed by what was allowed.

    Raises every refusal of a proof, `operator-required`, `visual-check-limit`, and, each recorded, `card-not-usable`,
    `consent-words-differ` and `consent-presence-…`.
    """
    visual = state.presence.verifier.purpose(request.challenge) is Purpose.VISUAL_CONSENT
    if visual and request.operator is None:
        raise ShikakuError("operator-required")
    message = to_be_signed(
        request.statement,
        visual_check=visual,
        audience=state.settings.audience,
        terminal_id=str(caller.client_id),
        challenge=request.challenge,
        presence_record=request.presence_record,
    )
    purpose = Purpose.VISUAL_CONSENT if visual else Purpose.CONSENT
    presented = state.presence.present(caller, purpose, request, message=message)
    wish = Wish(
        request,
        Basis.VISUAL_CHECK if visual else Basis.PIN,
        request.operator if visual else None,
        day_in_japan(state.clock()),
        state.settings.audience,
    )

    async def attempt(evidence: Evidence) -> Given:
        settings = state.settings
        limit, fresh = settings.visual_checks_per_hour, settings.revocation_fresh
        return await give(state.database, presented, wish, evidence, fresh=fresh, visual_limit=limit)

    given = await state.presence.decide(presented, attempt)
    if not given.within_limit:
        raise ShikakuError("visual-check-limit", retry_after=seconds_to_the_next_hour(state.clock()))
    check_spent(given.gate)
    if given.outcome != "answered":
        raise ShikakuError(given.outcome or "internal")
    return _answer(state, caller, wish, given)


def _answer(state: State, caller: Caller, wish: Wish, given: Given) -> ConsentAnswer:
    gate, statement = given.gate, wish.request.statement
    assert given.consent_id and given.given_at and gate.record_id and gate.recorded_at  # noqa: PT018 - answered
    assert gate.facility_kind is not None
    reading = rules.AnswerInputs(
        record_id=str(gate.record_id),
        answered_at=gate.recorded_at,
        as_of=wish.as_of,
        channel=Channel.CARD,
        facility_kind=gate.facility_kind,
        institution_code=caller.institution(),
        person_key=gate.person_key,
        enrolments=given.enrolments,
        consents=frozenset(statement.categories),
    )
    return ConsentAnswer(
        consent_id=given.consent_id,
        basis=wish.basis,
        care=statement.care,
        allowed=[_allowed(category, given.given_at, given.until) for category in statement.categories],
        record_id=reading.record_id,
        eligibility=_eligibility(state, reading, given.reference_number),
    )


def _allowed(category: Category, given_at: datetime, until: datetime | None) -> Allowed:
    """A category that counts in the answer alone lets the facility look at nothing, for no while."""
    lasts = until if CATEGORIES[category].window else None
    return Allowed(category=category, given_at=given_at, available_until=lasts)


def _eligibility(
    state: State, reading: rules.AnswerInputs, reference_number: str | None
) -> EligibilityAnswer:
    answer = rules.answer(reading, version_key=state.keys.version)
    assert isinstance(answer, EligibilityAnswer)  # nothing was known before
    return with_reference(answer, reference_number)


async def status(state: State, caller: Caller, consent_id: UUID) -> ConsentStatus:
    """How a consent of this facility stands, also when it is over.

    Raises `client-closed`, `right-missing`, `consent-missing`, `consent-other-facility` and `card-not-usable`.
    """
    seen = await store.status(state.database, caller, consent_id)
    if seen.outcome not in _OVER:
        check(seen.outcome)
    return _status(seen)


async def end(state: State, caller: Caller, consent_id: UUID, reason: EndReason) -> ConsentStatus:
    """End a consent of this facility at once, and for good. Raises as `status`, and `consent-withdrawn` the second time."""
    seen = await store.end(state.database, caller, consent_id, reason)
    if seen.outcome != "ended":
        raise ShikakuError(seen.outcome)
    return _status(seen)


def _status(seen: GateSeen) -> ConsentStatus:
    assert seen.basis and seen.care and seen.given_at  # noqa: PT018 - there is one
    return ConsentStatus(
        consent_id=seen.permit_id,
        basis=seen.basis,
        care=seen.care,
        categories=[category for category in CATEGORIES if category in seen.categories],
        given_at=seen.given_at,
        available_until=seen.until,
        ended_at=seen.ended_at,
        end_reason=seen.end_reason,
    )


async def eligibility(
    state: State, caller: Caller, consent_id: UUID, operator: Operator
) -> EligibilityAnswer:
    """Today's eligibility without the card, completed by what was allowed: under a consent for care at home (再照会).

    Raises the gate's refusals, each recorded; `consent-category` for a consent to another care.
    """
    as_of = day_in_japan(state.clock())
    renewed = await store.renew(state.database, caller, consent_id, operator, as_of)
    seen = renewed.seen
    check(seen.outcome)
    assert seen.facility_kind is not None  # answered
    reading = rules.AnswerInputs(
        record_id=str(seen.record_id),
        answered_at=seen.recorded_at,
        as_of=as_of,
        channel=Channel.CARD,
        facility_kind=seen.facility_kind,
        institution_code=caller.institution(),
        person_key=seen.person_key,
        enrolments=renewed.enrolments,
        consents=seen.categories,
    )
    return _eligibility(state, reading, renewed.reference_number)
