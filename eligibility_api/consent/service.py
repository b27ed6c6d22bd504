"""Consent: its challenge, its registration with the signed words, its status, end and use."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator
from eligibility_api.consent import own_page, store
from eligibility_api.consent.access_decision import AccessDecision, check_granted
from eligibility_api.consent.grant import GrantRequest, GrantResult, facility_name, grant
from eligibility_api.contract.categories import CATEGORIES
from eligibility_api.contract.codes import Care, Category, EndReason, Purpose
from eligibility_api.contract.consent import (
    Allowed,
    Basis,
    ConsentAnswer,
    ConsentChallengeAnswer,
    ConsentChallengeRequest,
    ConsentRequest,
    ConsentStatement,
    ConsentStatus,
    OwnPageConsents,
    to_be_signed,
)
from eligibility_api.contract.consent_versions import STATEMENT_VERSION, until_of
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain import eligibility as rules
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.domain.enrolment_version import Channel
from eligibility_api.domain.expiry import alerted_end
from eligibility_api.domain.permits import is_appointment_day
from eligibility_api.eligibility.misses import seconds_to_next_hour
from eligibility_api.eligibility.service import remark, with_reference
from eligibility_api.presence.query import Evidence
from eligibility_api.presence.service import (
    RIGHTS_FOR,
    check_spent,
    decide,
    issue_challenge,
    kept,
    purpose_of,
    verify_proof,
)
from eligibility_api.state import State

_READABLE = frozenset({"answered", "consent-withdrawn", "consent-expired", "consent-not-yet"})
"""The outcomes of the access check with which a facility may read its consent's status."""


async def challenge(state: State, caller: Caller, request: ConsentChallengeRequest) -> ConsentChallengeAnswer:
    """The statement's parts, and a challenge for it. Nothing is stored.

    Raises `right-missing`, `client-closed`, `consent-presence-missing`, `consent-presence-too-old`,
    `consent-online-visual-check` and `consent-day`, since such a consent would be refused anyway.
    """
    _check_care(request.care, visual=request.visual_check)
    _check_day(state, request.day)
    purpose = Purpose.VISUAL_CONSENT if request.visual_check else Purpose.CONSENT
    issued = issue_challenge(state, caller, purpose, life=state.settings.consent_challenge_life)
    name = await facility_name(state.database, caller, RIGHTS_FOR[purpose], request.presence_record)
    statement = ConsentStatement(
        language=request.language,
        institution_code=caller.institution(),
        institution_name=name,
        categories=request.categories,
        care=request.care,
        until=until_of(STATEMENT_VERSION, request.care, request.day),
        day=request.day,
    )
    return ConsentChallengeAnswer(
        challenge=issued.challenge, expires_at=issued.expires_at, statement=statement
    )


def _check_care(care: Care, *, visual: bool) -> None:
    """Refuse a visual check for an online consultation: the patient is not there (rule A8)."""
    if visual and care is Care.ONLINE:
        raise ShikakuError("consent-online-visual-check")


async def register(state: State, caller: Caller, request: ConsentRequest) -> ConsentAnswer:
    """Store a consent with its evidence. Returns today's eligibility including what the consent allows.

    Raises every refusal of a proof, `operator-required`, `consent-online-visual-check`, `consent-day`,
    `consent-certificate-expired`, `visual-check-limit`, and (recorded)
    `card-not-usable`, `consent-words-differ` and `consent-presence-…`.
    """
    visual = purpose_of(state, caller, request.challenge) is Purpose.VISUAL_CONSENT
    if visual and request.operator is None:
        raise ShikakuError("operator-required")
    _check_care(request.statement.care, visual=visual)
    _check_day(state, request.statement.day)
    message = to_be_signed(
        request.statement,
        visual_check=visual,
        audience=state.settings.audience,
        terminal_id=str(caller.client_id),
        challenge=request.challenge,
        presence_record=request.presence_record,
    )
    purpose = Purpose.VISUAL_CONSENT if visual else Purpose.CONSENT
    proof = verify_proof(state, caller, purpose, request, message=message)
    now = state.clock()
    terms = GrantRequest(
        request,
        Basis.VISUAL_CHECK if visual else Basis.PIN,
        request.operator if visual else None,
        day_in_japan(now),
        state.settings.audience,
        alerted_end(proof.not_after, now),
    )

    async def attempt(evidence: Evidence) -> GrantResult:
        settings = state.settings
        limit, max_age = settings.visual_checks_per_hour, settings.revocation_max_age
        return await grant(state.database, proof, terms, evidence, max_age=max_age, visual_limit=limit)

    result = await decide(state, proof, attempt)
    if not result.within_limit:
        limited = ShikakuError("visual-check-limit", retry_after=seconds_to_next_hour(state.clock()))
        raise kept(state, proof, limited)
    check_spent(state, proof, result.proof_check)
    if result.outcome != "answered":
        raise ShikakuError(result.outcome or "internal")
    return _answer(state, caller, terms, result)


def _answer(state: State, caller: Caller, terms: GrantRequest, result: GrantResult) -> ConsentAnswer:
    check, statement = result.proof_check, terms.request.statement
    assert result.consent_id and result.given_at and check.record_id and check.recorded_at  # noqa: PT018 - answered
    assert check.facility_kind is not None
    inputs = rules.AnswerInputs(
        record_id=str(check.record_id),
        answered_at=check.recorded_at,
        as_of=terms.as_of,
        channel=Channel.CARD,
        facility_kind=check.facility_kind,
        institution_code=caller.institution(),
        person_key=check.person_key,
        enrolments=result.enrolments,
        consents=frozenset(statement.categories),
        certificate_renewal=remark(check, terms.expires_on),
    )
    return ConsentAnswer(
        consent_id=result.consent_id,
        basis=terms.basis,
        care=statement.care,
        allowed=[_allowed(category, result) for category in statement.categories],
        record_id=inputs.record_id,
        eligibility=_eligibility(state, inputs, result.reference_number),
    )


def _check_day(state: State, day: date | None) -> None:
    """Raises `consent-day` for an appointment's day that is over or too far ahead (rule W12)."""
    if day is not None and not is_appointment_day(day, day_in_japan(state.clock())):
        raise ShikakuError("consent-day")


def _allowed(category: Category, result: GrantResult) -> Allowed:
    """One category of a consent. Without a window it counts in this answer only, hence has no end."""
    assert result.given_at is not None
    window = CATEGORIES[category].window
    return Allowed(
        category=category,
        given_at=result.given_at,
        available_from=result.available_from if window else None,
        available_until=result.until if window else None,
    )


def _eligibility(state: State, inputs: rules.AnswerInputs, reference_number: str | None) -> EligibilityAnswer:
    answer = rules.answer(inputs, version_key=state.keys.version)
    assert isinstance(answer, EligibilityAnswer)  # the request names no known version
    return with_reference(answer, reference_number)


async def status(state: State, caller: Caller, consent_id: UUID) -> ConsentStatus:
    """The status of a consent of this facility, also after its end.

    Raises `client-closed`, `right-missing`, `consent-missing`, `consent-other-facility` and
    `card-not-usable`.
    """
    decision = await store.status(state.database, caller, consent_id)
    if decision.outcome not in _READABLE:
        check_granted(decision.outcome)
    return _status(decision)


async def given_on_own_page(state: State, caller: Caller, identified_by: UUID) -> OwnPageConsents:
    """The consents that the person of an answer gave this facility on her own page (rule W17).

    Raises `client-closed`, `right-missing`, `not-identified` and `card-not-usable`.
    """
    found = await own_page.find(state.database, caller, identified_by)
    check_granted(found.outcome)
    return OwnPageConsents(consents=found.consents, record_id=str(found.record_id))


async def end(state: State, caller: Caller, consent_id: UUID, reason: EndReason) -> ConsentStatus:
    """End a consent of this facility at once and permanently.

    Raises as `status`; the second time `consent-withdrawn`.
    """
    decision = await store.end(state.database, caller, consent_id, reason)
    if decision.outcome != "ended":
        raise ShikakuError(decision.outcome)
    return _status(decision)


def _status(decision: AccessDecision) -> ConsentStatus:
    assert decision.basis and decision.care and decision.given_at  # noqa: PT018 - there is one
    return ConsentStatus(
        consent_id=decision.permit_id,
        basis=decision.basis,
        care=decision.care,
        categories=[category for category in CATEGORIES if category in decision.categories],
        given_at=decision.given_at,
        available_from=decision.available_from,
        available_until=decision.until,
        ended_at=decision.ended_at,
        end_reason=decision.end_reason,
    )


async def eligibility(
    state: State, caller: Caller, consent_id: UUID, operator: Operator
) -> EligibilityAnswer:
    """Today's eligibility without the card (再照会), under a consent for care at home or online.

    Raises the refusals of the access check, each recorded; `consent-category` for a consent to outpatient care.
    """
    as_of = day_in_japan(state.clock())
    result = await store.recheck(state.database, caller, consent_id, operator, as_of)
    decision = result.decision
    check_granted(decision.outcome)
    assert decision.facility_kind is not None  # answered
    inputs = rules.AnswerInputs(
        record_id=str(decision.record_id),
        answered_at=decision.recorded_at,
        as_of=as_of,
        channel=Channel.CARD,
        facility_kind=decision.facility_kind,
        institution_code=caller.institution(),
        person_key=decision.person_key,
        enrolments=result.enrolments,
        consents=decision.categories,
    )
    return _eligibility(state, inputs, result.reference_number)
