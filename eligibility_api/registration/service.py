"""First registration: the proof shows presence, J-LIS identifies the person; nothing else selects her."""

from __future__ import annotations

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.membership import StatedMembership
from eligibility_api.contract.registration import RegistrationAnswer, RegistrationRequest
from eligibility_api.domain.membership import comparable
from eligibility_api.eligibility.misses import seconds_to_next_hour
from eligibility_api.presence.query import Evidence, HolderAnswer
from eligibility_api.presence.service import check_spent, decide, kept, purpose_of, verify_proof
from eligibility_api.registration.store import BindingResult, ComparedFace, Membership, bind
from eligibility_api.state import State


def _folded(stated: StatedMembership | None) -> Membership | None:
    if stated is None:
        return None
    return Membership(stated.insurer_number, *comparable(stated.symbol, stated.number, stated.branch))


async def register(state: State, caller: Caller, request: RegistrationRequest) -> RegistrationAnswer:
    """Bind the card's certificate to the person that J-LIS names.

    A card without a PIN proves presence by a comparison of the face (rule B1). Raises the refusals of a proof,
    `operator-required`, `visual-check-limit`, `register-unavailable`, and (recorded) `registration-conflict`,
    `registration-other-member`, `registration-unknown-certificate`, `card-not-usable`.
    """
    visual = purpose_of(state, caller, request.challenge) is Purpose.VISUAL_REGISTRATION
    face = None
    if visual:
        if request.operator is None:
            raise ShikakuError("operator-required")
        face = ComparedFace(request.operator, state.settings.visual_checks_per_hour)
    purpose = Purpose.VISUAL_REGISTRATION if visual else Purpose.FIRST_REGISTRATION
    proof = verify_proof(state, caller, purpose, request)
    membership = _folded(request.membership)

    async def attempt(evidence: Evidence) -> BindingResult:
        max_age = state.settings.revocation_max_age
        return await bind(state.database, proof, membership, evidence, max_age=max_age, face=face)

    async def ask_jlis() -> HolderAnswer:
        holder = await state.jlis.holder(proof.certificate)
        return (
            HolderAnswer("asked", holder.person_key, holder.predecessors, holder.carrier)
            if holder is not None
            else HolderAnswer("asked")
        )

    bound = await decide(state, proof, attempt, ask_jlis)
    if not bound.within_limit:
        limited = ShikakuError("visual-check-limit", retry_after=seconds_to_next_hour(state.clock()))
        raise kept(state, proof, limited)
    check_spent(state, proof, bound.proof_check)
    if bound.outcome not in {"bound", "already"}:
        raise ShikakuError(bound.outcome or "internal")
    proof_check = bound.proof_check
    assert proof_check.record_id is not None and proof_check.recorded_at is not None  # noqa: PT018 - spent means recorded
    return RegistrationAnswer(
        already_registered=bound.outcome == "already",
        registered_at=proof_check.recorded_at,
        record_id=str(proof_check.record_id),
    )
