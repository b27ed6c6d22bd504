"""Bindings of certificates to persons: only J-LIS identifies the holder, permanently; no input of a clinic selects a person."""

from __future__ import annotations

import json
from typing import Any

import pytest

from eligibility_api.domain.certificate import CertificateId
from eligibility_api.jlis.client import Holder
from jpki_mock.authority.values import Reason
from jpki_mock.card.image import CardImage
from jpki_mock.personalisation import certificate_id
from tests.builders.fund import Fund
from tests.builders.people import Person

pytestmark = pytest.mark.anyio


async def test_a_first_registration_binds_and_a_second_one_changes_nothing(fund: Fund) -> None:
    person = fund.person()
    first, second = await fund.register(person.card), await fund.register(person.card)
    assert [first.json()["already_registered"], second.json()["already_registered"]] == [False, True]


async def test_a_registration_with_the_right_membership_succeeds(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person)
    stated = {"insurer_number": "01130012", "symbol": "見本", "number": person.resident.resident_id[1:]}
    assert (await fund.register(person.card, membership=stated)).status_code == 201


async def test_a_card_with_another_persons_number_is_refused_and_recorded(fund: Fund) -> None:
    holder, other = fund.person(), fund.person()
    await fund.enrol(holder)
    await fund.enrol(other)
    stated = {"insurer_number": "01130012", "symbol": "見本", "number": other.resident.resident_id[1:]}

    refused = await fund.register(holder.card, membership=stated)
    tapped = await fund.tap(holder.card)

    assert refused.json()["code"] == "registration-other-member"
    assert tapped.json()["code"] == "first-registration-needed"
    assert await fund.records("outcome = 'registration-other-member'")


async def test_a_registration_cannot_name_a_person(fund: Fund) -> None:
    person = fund.person()
    refused = await fund.register(person.card, person_key="00" * 16)
    assert (refused.status_code, refused.json()["code"]) == (422, "request-invalid")


async def test_a_holder_other_than_the_bound_one_is_refused_and_recorded(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await fund.insured()

    async def another(_: Any, __: Any) -> Holder:
        return Holder(b"\1" * 16, [])

    monkeypatch.setattr(type(fund.state.jlis), "holder", another)
    earlier = await fund.records("outcome = 'registration-conflict'")
    refused = await fund.register(person.card)

    assert (refused.status_code, refused.json()["code"]) == (409, "registration-conflict")
    [record] = (await fund.records("outcome = 'registration-conflict'"))[len(earlier) :]
    assert json.loads(record["detail"])["named"] == "01" * 16
    assert (await fund.tap(person.card)).json()["validity"] == "1"


async def test_a_renewed_card_is_bound_at_its_first_tap_through_the_link(fund: Fund) -> None:
    person = await fund.insured()
    new = fund.jlis.cards.renew(person.card, fund.clock())
    earlier = await fund.records("kind = 'binding.renewal'")

    answer = await fund.tap(new)

    assert answer.json()["validity"] == "1"
    [record] = (await fund.records("kind = 'binding.renewal'"))[len(earlier) :]
    assert record["outcome"] == "bound"


async def test_a_renewal_link_that_names_another_person_is_refused_and_recorded(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await fund.insured()
    new = fund.jlis.cards.renew(person.card, fund.clock())
    honest: Any = type(fund.state.jlis).holder

    async def lying(self: Any, certificate: Any) -> Holder:
        holder: Holder = await honest(self, certificate)
        return Holder(b"\2" * 16, holder.predecessors)

    monkeypatch.setattr(type(fund.state.jlis), "holder", lying)
    proof = await fund.proof(new)
    refused = await fund.post("/v1/eligibility/card", proof)
    again = await fund.post("/v1/eligibility/card", proof)
    registered = await fund.register(new)

    assert (refused.status_code, refused.json()["code"]) == (409, "registration-conflict")
    assert again.json()["code"] == "challenge-used"
    assert registered.json()["code"] == "registration-conflict"
    records = await fund.records("outcome = 'registration-conflict' AND serial = $1", _serial(fund, new))
    assert [(record["kind"], record["person_key"]) for record in records if record["person_key"]] == [
        ("binding.renewal", b"\2" * 16)
    ]
    named = [json.loads(record["detail"]).get("named") for record in records if not record["person_key"]]
    assert named == ["02" * 16] * 2
    assert not await fund.owner.fetch("SELECT FROM binding WHERE serial = $1", [_serial(fund, new)])


async def test_of_two_certificates_that_renew_one_the_second_is_refused(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, other = await fund.insured(), fund.person()
    new = fund.jlis.cards.renew(person.card, fund.clock())
    assert (await fund.tap(new)).status_code == 200
    [link] = await fund.owner.fetch("SELECT * FROM binding WHERE serial = $1", [_serial(fund, new)])

    async def same(_: Any, __: Any) -> Holder:
        predecessor = CertificateId(link["renewed_authority"], int.from_bytes(link["renewed_serial"]))
        return Holder(link["person_key"], [predecessor])

    monkeypatch.setattr(type(fund.state.jlis), "holder", same)
    assert (await fund.tap(other.card)).json()["code"] == "registration-conflict"
    kinds = [record["kind"] for record in await fund.records("serial = $1", _serial(fund, other.card))]
    assert kinds == ["binding.renewal", "eligibility.card"]


async def test_a_revoked_unbound_card_is_refused_without_j_lis_and_not_bound(
    fund: Fund,
) -> None:
    person = await fund.insured()
    new = fund.jlis.cards.renew(person.card, fund.clock())
    fund.jlis.certificates.revoke(certificate_id(new.authentication), Reason.REQUEST, fund.clock())
    await fund.mirror()
    fund.jlis_connection.cut = True

    tapped, registered = await fund.tap(new), await fund.register(new)

    assert [tapped.json()["code"], registered.json()["code"]] == ["certificate-revoked"] * 2
    assert not await fund.owner.fetch("SELECT FROM binding WHERE serial = $1", [_serial(fund, new)])


async def test_a_used_proof_causes_no_call_to_j_lis(fund: Fund, monkeypatch: pytest.MonkeyPatch) -> None:
    person = fund.person()
    proof = await fund.proof(person.card)
    await fund.post("/v1/eligibility/card", proof)
    fund.jlis_connection.cut = True
    assert (await fund.post("/v1/eligibility/card", proof)).json()["code"] == "challenge-used"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"{}",
        b'{"person_key": ""}',
        b'{"person_key": "xyz"}',
        b'{"person_key": "00000000000000000000000000000000", "predecessors": [{"ca_key_sha256": "", "serial": "-1"}]}',
    ],
)
async def test_a_malformed_answer_of_j_lis_is_a_technical_failure(fund: Fund, answer: bytes) -> None:
    person = fund.person()
    fund.jlis_connection.replaced["/register/"] = answer

    registered = await fund.register(person.card)

    assert (registered.status_code, registered.json()["code"]) == (503, "register-unavailable")
    assert not await fund.owner.fetch("SELECT FROM binding WHERE person_key = ''", [])


async def test_a_404_of_a_proxy_is_not_j_liss_answer(fund: Fund) -> None:
    person = fund.person()
    fund.jlis_connection.missing = True
    assert (await fund.register(person.card)).json()["code"] == "register-unavailable"


def _serial(fund: Fund, card: CardImage) -> bytes:
    return fund.state.verifier.certificate(card.authentication.certificate).id.serial_bytes


async def test_without_j_lis_an_unbound_card_is_a_technical_failure_and_spends_nothing(fund: Fund) -> None:
    person = fund.person()
    proof = await fund.proof(person.card)
    fund.jlis_connection.cut = True

    failed = await fund.post("/v1/eligibility/card", proof)
    fund.jlis_connection.cut = False
    later = await fund.post("/v1/eligibility/card", proof)

    assert (failed.status_code, failed.json()["code"]) == (503, "register-unavailable")
    assert later.json()["code"] == "first-registration-needed"


async def test_a_blocked_persons_card_is_not_registered(fund: Fund) -> None:
    """Rule B2 (E9): nothing is bound, the refusal is recorded, and does not depend on what is stated."""
    person, other = fund.person(), fund.person()
    await fund.enrol(person, self_disclosure_blocked=True)
    await fund.enrol(other)
    own, others = (
        {"insurer_number": "01130012", "symbol": "見本", "number": one.resident.resident_id[1:]}
        for one in (person, other)
    )
    for stated in ({}, {"membership": own}, {"membership": others}):
        refused = await fund.register(person.card, **stated)
        assert (refused.status_code, refused.json()["code"]) == (403, "card-not-usable")
    records = await fund.records("serial = $1", _serial(fund, person.card))
    assert [(record["kind"], record["outcome"], record["person_key"]) for record in records] == [
        ("binding.first-registration", "card-not-usable", None)
    ] * 3
    assert not await fund.owner.fetch("SELECT FROM binding WHERE serial = $1", [_serial(fund, person.card)])
    assert (await fund.tap(person.card)).json()["code"] == "first-registration-needed"


async def _block(fund: Fund, person: Person, **more: Any) -> dict[str, Any]:
    """Enrol a person once more, with the flag; returns the items in which this enrolment differs."""
    items: dict[str, Any] = {"number": f"9-{person.resident.resident_id[1:]}", "acquired_on": "2026-01-01"}
    enrolled = await fund.enrol(person, **items, self_disclosure_blocked=True, **more)
    assert enrolled.status_code == 201, enrolled.text
    return items


async def test_a_blocked_persons_registered_card_is_not_registered_again(fund: Fund) -> None:
    person = await fund.insured()
    await _block(fund, person)
    assert (await fund.register(person.card)).json()["code"] == "card-not-usable"


@pytest.mark.parametrize("ended", [False, True])
async def test_a_blocked_persons_renewed_card_takes_over_no_binding(fund: Fund, ended: bool) -> None:
    """Rule B2 (E9): as P1, on whatever days the enrolment with the flag holds."""
    person = await fund.insured()
    until = {"lost_on": "2026-02-01", "reason_of_loss": "03"} if ended else {}
    await _block(fund, person, **until)
    new = fund.jlis.cards.renew(person.card, fund.clock())

    refused = await fund.tap(new)

    assert (refused.status_code, refused.json()["code"]) == (403, "card-not-usable")
    link, record = await fund.records("serial = $1", _serial(fund, new))
    assert (link["kind"], link["outcome"]) == ("binding.renewal", "card-not-usable")
    assert (record["kind"], record["outcome"], record["person_key"], record["enrolments"]) == (
        "eligibility.card",
        "card-not-usable",
        None,
        [],
    )
    assert not await fund.owner.fetch("SELECT FROM binding WHERE serial = $1", [_serial(fund, new)])


async def test_once_the_flag_is_removed_the_renewed_card_takes_over_the_binding(fund: Fund) -> None:
    person = await fund.insured()
    blocked = await _block(fund, person)
    new = fund.jlis.cards.renew(person.card, fund.clock())
    assert (await fund.tap(new)).json()["code"] == "card-not-usable"
    member = fund.enrolment_body(person, **blocked)
    former = {
        name: member[name]
        for name in ("insurer_number", "symbol", "number", "branch", "birth_date", "acquired_on")
    }
    corrected = await fund.post("/v1/enrolments/correct", {"former": former, "member": member}, fund.insurer)
    assert corrected.status_code == 200, corrected.text
    assert (await fund.tap(new)).json()["validity"] == "1"
