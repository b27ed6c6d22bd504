"""First registration: the proof says that the holder is here, J-LIS says who she is, nobody chooses."""

from __future__ import annotations

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.registration import RegistrationAnswer, RegistrationRequest, StatedMembership
from eligibility_api.domain.membership import comparable
from eligibility_api.domain.revocation import CertificateStatus
from eligibility_api.facilities.caller import Caller
from eligibility_api.presence.service import check_gate, check_standing
from eligibility_api.presence.statement import Gate, Presented
from eligibility_api.registration.store import Membership, bind
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
    holder = await state.presence.jlis.holder(presented.certificate)
    person = holder.person_key if holder is not None else None
    gate, outcome = await _bind(state, presented, person, _folded(request.membership), None)
    check_gate(gate)
    if gate.standing is None:
        status = await state.presence.ask_ocsp(presented)
        gate, outcome = await _bind(state, presented, person, _folded(request.membership), status)
        check_gate(gate)
    check_standing(gate)
    if outcome not in {"bound", "already"}:
        raise ShikakuError(outcome or "internal")
    assert gate.record_id is not None and gate.recorded_at is not None  # noqa: PT018 - spent means recorded
    return RegistrationAnswer(
        already=outcome == "already", registered_at=gate.recorded_at, record_id=str(gate.record_id)
    )


async def _bind(
    state: State,
    presented: Presented,
    person: bytes | None,
    membership: Membership | None,
    ocsp: CertificateStatus | None,
) -> tuple[Gate, str | None]:
    return await bind(
        state.database,
        presented,
        person_key=person,
        membership=membership,
        ocsp=ocsp,
        fresh=state.settings.revocation_fresh,
    )
