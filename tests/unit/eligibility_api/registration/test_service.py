"""First registration: what the statement gets, J-LIS only when it is needed, and the outcome in the answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from eligibility_api.contract.codes import Purpose, Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.registration import RegistrationRequest
from eligibility_api.domain import challenge as challenges
from eligibility_api.domain.certificate import CertificateId
from eligibility_api.domain.challenge import Challenge
from eligibility_api.domain.expiry import Carrier
from eligibility_api.jlis.client import Holder
from eligibility_api.presence.query import VerifiedProof
from eligibility_api.registration import service
from eligibility_api.registration.store import REGISTRATION_STATEMENT, VISUAL_REGISTRATION_STATEMENT
from tests.builders.scripted_database import (
    AUDIENCE,
    CLIENT,
    CLINIC,
    MAC_KEYS,
    NOW,
    asked_of,
    scripted_state,
    terminal,
    values_asked,
)

pytestmark = pytest.mark.anyio

PERSON, RECORD = bytes(16), UUID(int=6)
FORMER = CertificateId(bytes([1]) * 32, 258)
PROOF = VerifiedProof(
    Challenge(Purpose.FIRST_REGISTRATION, NOW + timedelta(seconds=60), CLINIC, CLIENT, bytes(16)),
    CLIENT,
    (Right.REGISTRATION,),
    CertificateId(bytes(32), 4711),
    NOW + timedelta(days=1),
)
MEMBERSHIP = {"insurer_number": "01130012", "symbol": "見本－１", "number": "１２３"}
STATED = ("insurer_number", "symbol_key", "number_key", "branch_key")


def row(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "in_time": True,
        "admitted": True,
        "entitled": True,
        "missing": None,
        "revocation_status": "good",
        "person_key": PERSON,
        "facility_kind": "clinic",
        "spent": True,
        "record_id": RECORD,
        "recorded_at": NOW,
        "outcome": "bound",
        "carrier": None,
        "within_limit": True,
    }
    return values | changes


NO_HOLDER = row(missing="holder", spent=False, record_id=None, recorded_at=None, outcome=None)


class Register:
    """J-LIS with one answer about holders."""

    def __init__(self, answer: Holder | Exception | None) -> None:
        self.answer = answer
        self.asked = 0

    async def holder(self, certificate: CertificateId) -> Holder | None:
        assert certificate == PROOF.certificate
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture(autouse=True)
def verified(monkeypatch: pytest.MonkeyPatch) -> list[Purpose]:
    """The purposes for which a proof was verified, instead of verifying it."""
    purposes: list[Purpose] = []

    def verify(state: object, caller: object, purpose: Purpose, proof: object) -> VerifiedProof:
        purposes.append(purpose)
        return PROOF

    monkeypatch.setattr(service, "verify_proof", verify)
    return purposes


def request(membership: dict[str, Any] | None = None) -> RegistrationRequest:
    return asked_with(
        Purpose.FIRST_REGISTRATION, **({"membership": membership} if membership is not None else {})
    )


def asked_with(purpose: Purpose, **more: Any) -> RegistrationRequest:
    """A request whose challenge is for a purpose."""
    challenge = replace(PROOF.challenge, purpose=purpose)
    text = challenges.issue(challenge, audience=AUDIENCE, keys=MAC_KEYS)
    proof = {"challenge": text, "certificate": "QQ==", "signature": "QQ=="}
    return RegistrationRequest.model_validate(proof | {"agreed": True} | more)


CALLER = terminal(Right.REGISTRATION)


async def test_the_proof_must_be_for_a_first_registration(verified: list[Purpose]) -> None:
    await service.register(scripted_state([row()]), CALLER, request())
    assert verified == [Purpose.FIRST_REGISTRATION]


async def test_after_a_comparison_of_the_face_the_operator_and_the_limit_are_passed_on(
    verified: list[Purpose],
) -> None:
    """Rule B1."""
    state = scripted_state([row()], visual_checks_per_hour=7)
    both = terminal(Right.REGISTRATION, Right.VISUAL_CHECK)
    await service.register(state, both, asked_with(Purpose.VISUAL_REGISTRATION, operator="受付　見本"))
    [values] = values_asked(state, VISUAL_REGISTRATION_STATEMENT)
    assert verified == [Purpose.VISUAL_REGISTRATION]
    assert (values["operator"], values["visual_limit"]) == ("受付　見本", 7)


async def test_with_the_pin_there_is_no_operator_whoever_is_named() -> None:
    state = scripted_state([row()])
    await service.register(state, CALLER, asked_with(Purpose.FIRST_REGISTRATION, operator="受付　見本"))
    [values] = values_asked(state, REGISTRATION_STATEMENT)
    assert values["operator"] is None
    assert "visual_limit" not in values


async def test_without_an_operator_no_face_was_compared(verified: list[Purpose]) -> None:
    state = scripted_state()
    with pytest.raises(ShikakuError, match="operator-required"):
        await service.register(state, CALLER, asked_with(Purpose.VISUAL_REGISTRATION))
    assert (verified, asked_of(state).asked) == ([], [])


@pytest.mark.parametrize("carrier", [Carrier.CARD, Carrier.PHONE, None])
async def test_the_carrier_that_jlis_names_is_stored(carrier: Carrier | None) -> None:
    state = scripted_state([NO_HOLDER], [row()], jlis=Register(Holder(PERSON, [], carrier)))
    await service.register(state, CALLER, request())
    assert values_asked(state, REGISTRATION_STATEMENT)[1]["carrier"] is carrier


async def test_a_known_person_is_bound_without_jlis() -> None:
    register = Register(AssertionError("not needed"))
    state = scripted_state([row()], jlis=register)
    answer = await service.register(state, CALLER, request())
    assert (register.asked, answer.already_registered, answer.record_id) == (0, False, str(RECORD))
    [values] = values_asked(state, REGISTRATION_STATEMENT)
    assert [values[name] for name in STATED] == [None] * 4
    assert (values["former_authorities"], values["former_serials"]) == ([], [])
    assert values["not_after"] == PROOF.not_after


async def test_the_holder_and_the_renewed_certificates_come_from_jlis() -> None:
    register = Register(Holder(PERSON, [FORMER]))
    state = scripted_state([NO_HOLDER], [row()], jlis=register)
    await service.register(state, CALLER, request())
    first, second = values_asked(state, REGISTRATION_STATEMENT)
    assert (first["holder_outcome"], first["holder"]) == (None, None)
    assert (second["holder_outcome"], second["holder"]) == ("asked", PERSON)
    assert (second["former_authorities"], second["former_serials"]) == ([FORMER.authority], [b"\x01\x02"])


async def test_a_certificate_that_jlis_does_not_know_is_passed_on_to_be_recorded() -> None:
    unknown = row(outcome="registration-unknown-certificate", person_key=None)
    state = scripted_state([NO_HOLDER], [unknown], jlis=Register(None))
    with pytest.raises(ShikakuError, match="registration-unknown-certificate"):
        await service.register(state, CALLER, request())
    _, values = values_asked(state, REGISTRATION_STATEMENT)
    assert (values["holder_outcome"], values["holder"]) == ("asked", None)


async def test_without_jlis_nothing_is_spent() -> None:
    register = Register(ShikakuError("register-unavailable", retry_after=10))
    state = scripted_state([NO_HOLDER], jlis=register)
    with pytest.raises(ShikakuError, match="register-unavailable"):
        await service.register(state, CALLER, request())
    assert len(asked_of(state).asked) == 1


@pytest.mark.parametrize(
    ("more", "stated"),
    [
        ({}, ["01130012", "見本1", "123", ""]),
        ({"branch": "01"}, ["01130012", "見本1", "123", "01"]),
        ({"symbol": None}, ["01130012", "", "123", ""]),
    ],
)
async def test_a_stated_membership_is_compared_in_its_folded_form(
    more: dict[str, Any], stated: list[str]
) -> None:
    state = scripted_state([row()])
    await service.register(state, CALLER, request(MEMBERSHIP | more))
    [values] = values_asked(state, REGISTRATION_STATEMENT)
    assert [values[name] for name in STATED] == stated


@pytest.mark.parametrize(("outcome", "already"), [("bound", False), ("already", True)])
async def test_a_second_registration_is_answered_as_the_first(outcome: str, already: bool) -> None:
    answer = await service.register(scripted_state([row(outcome=outcome)]), CALLER, request())
    assert (answer.already_registered, answer.registered_at) == (already, NOW)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"outcome": "registration-conflict"}, "registration-conflict"),
        ({"outcome": "registration-other-member"}, "registration-other-member"),
        ({"outcome": "card-not-usable"}, "card-not-usable"),
        ({"within_limit": False, "spent": False, "outcome": None}, "visual-check-limit"),
        ({"outcome": None}, "internal"),
        ({"revocation_status": "revoked", "outcome": None}, "certificate-revoked"),
        ({"revocation_status": "suspended", "outcome": None}, "certificate-suspended"),
        ({"spent": False, "outcome": None}, "challenge-used"),
        ({"in_time": False, "spent": False}, "challenge-expired"),
    ],
)
async def test_a_proof_that_binds_nothing_is_refused_by_its_reason(
    changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(ShikakuError) as refused:
        await service.register(scripted_state([row(**changes)]), CALLER, request())
    assert refused.value.code == code
