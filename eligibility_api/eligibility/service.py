"""Eligibility by card and by number: from the question to the fund's answer.

By card: verify, one statement, answer. Two detours, each taken at most once and before anything is spent: OCSP where
the revocation mirror is stale, J-LIS's renewal link where the certificate is not bound. By number: one statement,
answer. What the rule refuses it refuses after the record was written: the refusal is the function of what was read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Category, Purpose, Right
from eligibility_api.contract.eligibility import (
    CardCheckRequest,
    EligibilityAnswer,
    NumberCheckRequest,
    UnchangedAnswer,
    VisualCheckRequest,
)
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain import eligibility as rules
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.domain.enrolment_version import Channel
from eligibility_api.eligibility.by_number import Found, Question, look_up
from eligibility_api.eligibility.misses import limits, seconds_to_the_next_hour, tell_run
from eligibility_api.eligibility.store import Asked, Seen, use_proof
from eligibility_api.presence.renewal import follow_link
from eligibility_api.presence.service import check_spent
from eligibility_api.presence.statement import Evidence, Word
from eligibility_api.state import State

NOTHING_KNOWN_BEFORE = datetime(2020, 1, 1, tzinfo=UTC)
"""Earlier than any revision; an instant of knowledge before it is a mistake."""


async def check_card(
    state: State, caller: Caller, request: CardCheckRequest
) -> EligibilityAnswer | UnchangedAnswer:
    """The answer about the person whose card signed; see `contract.eligibility`. Raises every refusal of a proof."""
    purpose = Purpose.VISUAL_CHECK if isinstance(request, VisualCheckRequest) else Purpose.ELIGIBILITY
    operator = request.operator if isinstance(request, VisualCheckRequest) else None
    if purpose is Purpose.VISUAL_CHECK and operator is None:
        raise ShikakuError("operator-required")
    today = day_in_japan(state.clock())
    as_of = request.as_of or today
    rules.check_day(as_of, today)
    asked = Asked(as_of, request.known_version, operator)
    limit = state.settings.visual_checks_per_hour if purpose is Purpose.VISUAL_CHECK else None
    presented = state.presence.present(caller, purpose, request)

    async def attempt(evidence: Evidence) -> Seen:
        fresh = state.settings.revocation_fresh
        return await use_proof(state.database, presented, asked, evidence, fresh=fresh, visual_limit=limit)

    async def ask_jlis() -> Word:
        return await follow_link(state.database, state.presence.jlis, presented)

    seen = await state.presence.decide(presented, attempt, ask_jlis)
    if not seen.within_limit:
        raise ShikakuError("visual-check-limit", retry_after=seconds_to_the_next_hour(state.clock()))
    check_spent(seen.gate)
    if seen.outcome != "answered":
        raise ShikakuError(seen.outcome or "internal")
    return _answer(state, caller, asked, seen)


def _answer(state: State, caller: Caller, asked: Asked, seen: Seen) -> EligibilityAnswer | UnchangedAnswer:
    gate = seen.gate
    assert gate.record_id and gate.recorded_at and gate.facility_kind and gate.person_key  # noqa: PT018 - answered
    reading = rules.AnswerInputs(
        record_id=str(gate.record_id),
        answered_at=gate.recorded_at,
        as_of=asked.as_of,
        channel=Channel.CARD,
        facility_kind=gate.facility_kind,
        institution_code=caller.institution(),
        person_key=gate.person_key,
        enrolments=seen.enrolments,
        known_version=asked.known_version,
    )
    return with_reference(rules.answer(reading, version_key=state.keys.version), seen.reference_number)


async def check_number(
    state: State, caller: Caller, request: NumberCheckRequest
) -> EligibilityAnswer | UnchangedAnswer:
    """The answer about whom a membership fits; see `contract.eligibility`.

    Raises `number-miss-limit` before anything is read, `known-at-out-of-range`, `known-at-not-asked`,
    `eligibility-not-confirmable`.
    """
    caller.need(Right.ELIGIBILITY)
    now = state.clock()
    today = day_in_japan(now)
    as_of = request.as_of or today
    rules.check_day(as_of, today)
    if request.known_at is not None and not NOTHING_KNOWN_BEFORE <= request.known_at <= now:
        raise ShikakuError("known-at-out-of-range")
    consents = frozenset({Category.LIMIT_CERTIFICATE}) if request.limit_certificate_consent else frozenset()
    question = Question(request, as_of, consents, request.known_version, request.known_at)
    found = await look_up(
        state.database, caller, question, kind="eligibility.number", limits=limits(state.settings)
    )
    tell_run(caller, found.turn.run)
    return answer_by_number(state, caller, question, found)


def answer_by_number(
    state: State, caller: Caller, question: Question, found: Found
) -> EligibilityAnswer | UnchangedAnswer:
    """The answer to a question by number out of what was found. Raises every refusal of `check_number`."""
    found.turn.check(state.clock())
    if found.outcome != "answered":
        raise ShikakuError(found.outcome or "internal")
    assert found.record_id and found.recorded_at and found.facility_kind  # noqa: PT018 - answered
    reading = rules.AnswerInputs(
        record_id=str(found.record_id),
        answered_at=found.recorded_at,
        as_of=question.as_of,
        channel=Channel.NUMBER,
        facility_kind=found.facility_kind,
        institution_code=caller.institution(),
        person_key=found.person_key,
        enrolments=found.enrolments,
        asked=found.asked,
        consents=question.consents,
        known_version=question.known_version,
    )
    return with_reference(rules.answer(reading, version_key=state.keys.version), found.reference_number)


Answered = TypeVar("Answered", bound=EligibilityAnswer | UnchangedAnswer)


def with_reference(answer: Answered, reference_number: str | None) -> Answered:
    """The facility's own number beside the answer, where that is about somebody; no part of what is recomputed."""
    if reference_number is None or isinstance(answer, UnchangedAnswer) or answer.version is None:
        return answer
    return answer.model_copy(update={"reference_number": reference_number})
