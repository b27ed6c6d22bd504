"""Eligibility by card and by number: from the request to the fund's answer.

By card: verify, one statement, answer. Two fallbacks, each used at most once and before anything is spent:
OCSP if the revocation mirror is stale, J-LIS's renewal link if the certificate is not bound. By number: one
statement, answer. A refusal by the rules follows the audit record: it is a function of the recorded versions.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TypeVar

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Category, Purpose, Right
from eligibility_api.contract.eligibility import (
    CardCheckRequest,
    CertificateRenewal,
    EligibilityAnswer,
    NumberCheckRequest,
    UnchangedAnswer,
    VisualCheckRequest,
)
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain import eligibility as rules
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.domain.enrolment_version import Channel
from eligibility_api.domain.expiry import CertificateEnd, alerted_end, renewal
from eligibility_api.eligibility.by_number import NumberQuery, NumberResult, look_up
from eligibility_api.eligibility.misses import limits, log_streak, seconds_to_next_hour
from eligibility_api.eligibility.renewal import follow_link
from eligibility_api.eligibility.store import CardCheckRow, CardQuery, use_proof
from eligibility_api.presence.query import Evidence, HolderAnswer, ProofCheck
from eligibility_api.presence.service import check_spent, decide, kept, verify_proof
from eligibility_api.state import State

NOTHING_KNOWN_BEFORE = datetime(2020, 1, 1, tzinfo=UTC)
"""Earlier than any revision; a `known_at` before it is a mistake."""


async def check_card(
    state: State, caller: Caller, request: CardCheckRequest
) -> EligibilityAnswer | UnchangedAnswer:
    """The answer for the person whose card signed; see `contract.eligibility`.

    Raises every refusal of a proof.
    """
    purpose = Purpose.VISUAL_CHECK if isinstance(request, VisualCheckRequest) else Purpose.ELIGIBILITY
    operator = request.operator if isinstance(request, VisualCheckRequest) else None
    if purpose is Purpose.VISUAL_CHECK and operator is None:
        raise ShikakuError("operator-required")
    today = day_in_japan(state.clock())
    as_of = request.as_of or today
    rules.check_day(as_of, today)
    limit = state.settings.visual_checks_per_hour if purpose is Purpose.VISUAL_CHECK else None
    proof = verify_proof(state, caller, purpose, request)
    now = state.clock()
    ended_at, expires_on = proof.ended_at(now), alerted_end(proof.not_after, now)
    query = CardQuery(as_of, request.known_version, operator, ended_at, expires_on)

    async def attempt(evidence: Evidence) -> CardCheckRow:
        max_age = state.settings.revocation_max_age
        return await use_proof(state.database, proof, query, evidence, max_age=max_age, visual_limit=limit)

    async def ask_jlis() -> HolderAnswer:
        return await follow_link(state.database, state.jlis, proof)

    row = await decide(state, proof, attempt, ask_jlis)
    if not row.within_limit:
        limited = ShikakuError("visual-check-limit", retry_after=seconds_to_next_hour(state.clock()))
        raise kept(state, proof, limited)
    check_spent(state, proof, row.proof_check)
    if row.outcome != "answered":
        raise ShikakuError(row.outcome or "internal")
    return _answer(state, caller, query, row)


def _answer(
    state: State, caller: Caller, query: CardQuery, row: CardCheckRow
) -> EligibilityAnswer | UnchangedAnswer:
    check = row.proof_check
    assert check.record_id and check.recorded_at and check.facility_kind and check.person_key  # noqa: PT018 - answered
    inputs = rules.AnswerInputs(
        record_id=str(check.record_id),
        answered_at=check.recorded_at,
        as_of=query.as_of,
        channel=Channel.CARD,
        facility_kind=check.facility_kind,
        institution_code=caller.institution(),
        person_key=check.person_key,
        enrolments=row.enrolments,
        known_version=query.known_version,
        certificate_renewal=remark(check, query.expires_on),
    )
    return with_reference(rules.answer(inputs, version_key=state.keys.version), row.reference_number)


def remark(check: ProofCheck, expires_on: date | None) -> CertificateRenewal | None:
    """The remark on a certificate that has expired or expires soon, as its record lets recompute it (rule A7)."""
    if expires_on is None or check.recorded_at is None:
        return None
    return renewal(CertificateEnd(expires_on, check.carrier), day_in_japan(check.recorded_at))


async def check_number(
    state: State, caller: Caller, request: NumberCheckRequest
) -> EligibilityAnswer | UnchangedAnswer:
    """The answer for the person whom a membership matches; see `contract.eligibility`.

    Raises `number-miss-limit` before anything is read, `known-at-out-of-range`, `known-at-not-asked`,
    `eligibility-not-confirmable`.
    """
    caller.require(Right.ELIGIBILITY)
    now = state.clock()
    today = day_in_japan(now)
    as_of = request.as_of or today
    rules.check_day(as_of, today)
    if request.known_at is not None and not NOTHING_KNOWN_BEFORE <= request.known_at <= now:
        raise ShikakuError("known-at-out-of-range")
    consents = frozenset({Category.LIMIT_CERTIFICATE}) if request.limit_certificate_consent else frozenset()
    query = NumberQuery(request, as_of, consents, request.known_version, request.known_at)
    result = await look_up(
        state.database, caller, query, kind="eligibility.number", limits=limits(state.settings)
    )
    log_streak(caller, result.quota.streak)
    return answer_by_number(state, caller, query, result)


def answer_by_number(
    state: State, caller: Caller, query: NumberQuery, result: NumberResult
) -> EligibilityAnswer | UnchangedAnswer:
    """The answer to a query by number from the result of the statement.

    Raises every refusal of `check_number`.
    """
    result.quota.check(state.clock())
    if result.outcome != "answered":
        raise ShikakuError(result.outcome or "internal")
    assert result.record_id and result.recorded_at and result.facility_kind  # noqa: PT018 - answered
    inputs = rules.AnswerInputs(
        record_id=str(result.record_id),
        answered_at=result.recorded_at,
        as_of=query.as_of,
        channel=Channel.NUMBER,
        facility_kind=result.facility_kind,
        institution_code=caller.institution(),
        person_key=result.person_key,
        enrolments=result.enrolments,
        asked=result.asked,
        consents=query.consents,
        known_version=query.known_version,
    )
    return with_reference(rules.answer(inputs, version_key=state.keys.version), result.reference_number)


Answered = TypeVar("Answered", bound=EligibilityAnswer | UnchangedAnswer)


def with_reference(answer: Answered, reference_number: str | None) -> Answered:
    """Add the facility's own number to an answer about a person; it is not part of recomputation."""
    if reference_number is None or isinstance(answer, UnchangedAnswer) or answer.version is None:
        return answer
    return answer.model_copy(update={"reference_number": reference_number})
