"""Eligibility by card: from a proof to the fund's answer.

Main path: verify, one statement, answer. Two detours, each taken at most once and before anything is spent: OCSP
where the revocation mirror is stale, J-LIS's renewal link where the certificate is not bound.
"""

from __future__ import annotations

from dataclasses import replace

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
from eligibility_api.presence.service import check_gate, check_standing
from eligibility_api.presence.statement import Presented
from eligibility_api.state import State

_AN_HOUR_SECONDS = 3600


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
    presented = state.presence.present(caller, purpose, request)
    asked = Asked(as_of, request.known_version, operator, link_tried=False, ocsp=None)
    seen = await _through_the_gate(state, presented, asked, purpose)
    check_standing(seen.gate)
    return _answer(state, caller, asked, seen)


async def _through_the_gate(state: State, presented: Presented, asked: Asked, purpose: Purpose) -> Seen:
    """Try the statement; where it could not decide, ask what was missing and try again. Each detour once."""
    limit = state.settings.visual_checks_per_hour if purpose is Purpose.VISUAL_CHECK else None
    while True:
        seen = await use_proof(
            state.database, presented, asked, fresh=state.settings.revocation_fresh, visual_limit=limit
        )
        check_gate(seen.gate)
        if seen.gate.spent:
            return seen
        if seen.gate.standing is None and asked.ocsp is None:
            asked = replace(asked, ocsp=await state.presence.ask_ocsp(presented))
        elif seen.gate.person_key is None and not asked.link_tried:
            await follow_link(state.database, state.presence.jlis, presented)
            asked = replace(asked, link_tried=True)
        elif not seen.within_limit:
            raise ShikakuError("visual-check-limit", retry_after=_AN_HOUR_SECONDS)
        else:
            return seen


def _answer(state: State, caller: Caller, asked: Asked, seen: Seen) -> EligibilityAnswer | UnchangedAnswer:
    gate = seen.gate
    if gate.person_key is None:
        raise ShikakuError("first-registration-needed")
    assert gate.record_id and gate.recorded_at and gate.facility_kind  # noqa: PT018 - spent means recorded
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
