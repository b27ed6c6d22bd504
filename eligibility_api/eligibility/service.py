"""Eligibility by card: from a proof to the fund's answer.

Main path: verify, one statement, answer. Two detours, each taken at most once and before anything is spent: OCSP
where the revocation mirror is stale, J-LIS's renewal link where the certificate is not bound.
"""

from __future__ import annotations

from datetime import datetime

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.eligibility import (
    CardCheckRequest,
    EligibilityAnswer,
    UnchangedAnswer,
    VisualCheckRequest,
)
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain import eligibility as rules
from eligibility_api.domain.days import day_in_japan
from eligibility_api.eligibility.store import Asked, Seen, use_proof
from eligibility_api.facilities.caller import Caller
from eligibility_api.presence.renewal import follow_link
from eligibility_api.presence.service import check_spent
from eligibility_api.presence.statement import Evidence, Word
from eligibility_api.state import State


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
        raise ShikakuError("visual-check-limit", retry_after=_seconds_to_the_next_hour(state.clock()))
    check_spent(seen.gate)
    if seen.outcome != "answered":
        raise ShikakuError(seen.outcome or "internal")
    return _answer(state, caller, asked, seen)


def _seconds_to_the_next_hour(now: datetime) -> int:
    return 3600 - (now.minute * 60 + now.second)


def _answer(state: State, caller: Caller, asked: Asked, seen: Seen) -> EligibilityAnswer | UnchangedAnswer:
    gate = seen.gate
    assert gate.record_id and gate.recorded_at and gate.facility_kind and gate.person_key  # noqa: PT018 - answered
    reading = rules.Reading(
        record_id=str(gate.record_id),
        answered_at=gate.recorded_at,
        as_of=asked.as_of,
        facility_kind=gate.facility_kind,
        institution_code=caller.institution(),
        person_key=gate.person_key,
        enrolments=seen.enrolments,
        known_version=asked.known_version,
    )
    return rules.answer(reading, version_key=state.keys.version)
