"""First registration: the proof says that the holder is here, J-LIS says who she is, nobody chooses."""

from __future__ import annotations

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.membership import StatedMembership
from eligibility_api.contract.registration import RegistrationAnswer, RegistrationRequest
from eligibility_api.domain.membership import comparable
from eligibility_api.presence.service import check_spent
from eligibility_api.presence.statement import Evidence, Word
from eligibility_api.registration.store import Bound, Membership, bind
from eligibility_api.state import State


def _folded(stated: StatedMembership | None) -> Membership | None:
    if stated is None:
        return None
    return Membership(stated.insurer_number, *comparable(stated.symbol, stated.number, stated.branch))


async def register(state: State, caller: Caller, request: RegistrationRequest) -> RegistrationAnswer:
    """Bind the card's certificate to the person that J-LIS names.

    Raises the refusals of a proof, `register-unavailable`, and, each recorded, `registration-conflict`,
    `registration-other-member`, `registration-unknown-certificate`.
    """
    presented = state.presence.present(caller, Purpose.FIRST_REGISTRATION, request)
    membership = _folded(request.membership)

    async def attempt(evidence: Evidence) -> Bound:
        fresh = state.settings.revocation_fresh
        return await bind(state.database, presented, membership, evidence, fresh=fresh)

    async def ask_jlis() -> Word:
        holder = await state.presence.jlis.holder(presented.certificate)
        return Word("asked", holder.person_key, holder.predecessors) if holder is not None else Word("asked")

    bound = await state.presence.decide(presented, attempt, ask_jlis)
    check_spent(bound.gate)
    if bound.outcome not in {"bound", "already"}:
        raise ShikakuError(bound.outcome or "internal")
    gate = bound.gate
    assert gate.record_id is not None and gate.recorded_at is not None  # noqa: PT018 - spent means recorded
    return RegistrationAnswer(
        already_registered=bound.outcome == "already",
        registered_at=gate.recorded_at,
        record_id=str(gate.record_id),
    )
