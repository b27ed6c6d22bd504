"""One tap, from the challenge to the answer, against a real database and a real certificate authority."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from eligibility_api.contract.codes import FacilityKind, Purpose, Right
from eligibility_api.domain.dates import day_in_japan
from jpki_mock.authority.keys import KeyProfile
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC, OTHER_CLINIC

pytestmark = pytest.mark.anyio


async def test_an_insured_person_is_valid_with_her_insurance(fund: Fund) -> None:
    """Rule R2."""
    person = await fund.insured()

    response = await fund.tap(person.card)

    answer = response.json()
    assert response.status_code == 200, answer
    assert (answer["validity"], len(answer["results"])) == ("1", 1)
    shown = answer["results"][0]
    assert (shown["name"], shown["number"], shown["address"]) == (
        person.resident.name,
        person.resident.resident_id[1:],
        person.resident.address,
    )
    assert answer["as_of"] == day_in_japan(fund.clock()).isoformat()


async def test_a_p384_card_proves_as_well_as_an_rsa_card(fund: Fund) -> None:
    person = await fund.insured(key=KeyProfile.P384)
    assert (await fund.tap(person.card)).json()["validity"] == "1"


async def test_a_person_never_enrolled_is_validity_4_and_no_error(fund: Fund) -> None:
    person = fund.person()
    assert (await fund.register(person.card)).status_code == 201

    response = await fund.tap(person.card)

    assert response.status_code == 200
    assert (response.json()["validity"], response.json()["results"]) == ("4", [])


async def test_an_enrolment_that_ended_is_invalid_with_its_day_and_reason(fund: Fund) -> None:
    person = await fund.insured()
    ended = {
        "insurer_number": "01130012",
        "symbol": "見本",
        "number": person.resident.resident_id[1:],
        "branch": "00",
        "birth_date": person.resident.birth_date.isoformat(),
        "lost_on": "2026-04-01",
        "reason_of_loss": "03",
    }
    assert (await fund.post("/v1/enrolments/end", ended, fund.insurer)).status_code == 200

    answer = (await fund.tap(person.card)).json()

    assert answer["validity"] == "2"
    assert [(r["lost_on"], r["reason_of_loss"]) for r in answer["results"]] == [("2026-04-01", "03")]


@pytest.mark.parametrize(
    ("as_of", "validity"),
    [("2024-03-31", "4"), ("2024-04-01", "1"), ("2026-03-31", "1"), ("2026-04-01", "2")],
)
async def test_validity_is_as_of_the_requested_day(fund: Fund, as_of: str, validity: str) -> None:
    person = fund.person()
    await fund.enrol(person, lost_on="2026-04-01", reason_of_loss="99")
    await fund.register(person.card)

    assert (await fund.tap(person.card, as_of=as_of)).json()["validity"] == validity


async def test_a_day_out_of_range_is_rejected(fund: Fund) -> None:
    person = await fund.insured()
    response = await fund.tap(person.card, as_of="1990-01-01")
    assert (response.status_code, response.json()["code"]) == (422, "as-of-out-of-range")


async def test_a_valid_proof_of_an_unbound_card_needs_the_first_registration(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person)

    response = await fund.tap(person.card)

    assert (response.status_code, response.json()["code"]) == (409, "first-registration-needed")
    assert response.json()["kind"] == "registration"


async def test_a_challenge_can_be_used_once(fund: Fund) -> None:
    person = await fund.insured()
    proof = await fund.proof(person.card)

    first = await fund.post("/v1/eligibility/card", proof)
    second = await fund.post("/v1/eligibility/card", proof)

    assert first.status_code == 200
    assert (second.status_code, second.json()["code"]) == (409, "challenge-used")


async def test_of_many_simultaneous_uses_exactly_one_succeeds(fund: Fund) -> None:
    person = await fund.insured()
    proof = await fund.proof(person.card)

    answers = await asyncio.gather(*(fund.post("/v1/eligibility/card", proof) for _ in range(50)))

    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 49}


async def test_a_challenge_of_another_terminal_of_the_same_facility_is_refused(fund: Fund) -> None:
    person = await fund.insured()
    proof = await fund.proof(person.card)
    response = await fund.post("/v1/eligibility/card", proof, await fund.terminal())
    assert (response.status_code, response.json()["code"]) == (403, "challenge-other-terminal")


async def test_a_challenge_of_another_facility_is_refused(fund: Fund) -> None:
    person = await fund.insured()
    proof = await fund.proof(person.card)
    elsewhere = await fund.terminal(institution_code=OTHER_CLINIC)
    response = await fund.post("/v1/eligibility/card", proof, elsewhere)
    assert (response.status_code, response.json()["code"]) == (403, "challenge-other-facility")


async def test_a_challenge_for_another_purpose_is_refused(fund: Fund) -> None:
    person = await fund.insured()
    proof = await fund.proof(person.card, Purpose.FIRST_REGISTRATION)
    response = await fund.post("/v1/eligibility/card", proof)
    assert (response.status_code, response.json()["code"]) == (403, "challenge-other-purpose")


async def test_an_expired_challenge_is_refused_by_the_databases_clock_too(fund: Fund) -> None:
    fund.clock.offset = -timedelta(minutes=10)
    person = fund.person()
    proof = await fund.proof(person.card)

    response = await fund.post("/v1/eligibility/card", proof)

    assert (response.status_code, response.json()["code"]) == (403, "challenge-expired")


async def test_a_closed_terminal_is_refused_although_its_token_is_valid(fund: Fund) -> None:
    person = await fund.insured()
    terminal = await fund.terminal()
    proof = await fund.proof(person.card, credential=terminal)
    await fund.owner.fetch(
        "UPDATE client SET closed_at = now() WHERE client_id = $1::text::uuid", [terminal.client_id]
    )

    response = await fund.post("/v1/eligibility/card", proof, terminal)

    assert (response.status_code, response.json()["code"]) == (403, "client-closed")


async def test_a_right_withdrawn_after_the_token_was_issued_is_missing(fund: Fund) -> None:
    person = await fund.insured()
    terminal = await fund.terminal()
    proof = await fund.proof(person.card, credential=terminal)
    await fund.owner.fetch(
        "UPDATE client SET rights = '{}' WHERE client_id = $1::text::uuid", [terminal.client_id]
    )

    response = await fund.post("/v1/eligibility/card", proof, terminal)

    assert (response.status_code, response.json()["code"]) == (403, "right-missing")


async def test_an_eligibility_only_facility_gets_no_address(fund: Fund) -> None:
    person = await fund.insured()
    practitioner = await fund.terminal(
        institution_code="1312345672", kind=FacilityKind.ELIGIBILITY_ONLY, rights=(Right.ELIGIBILITY,)
    )
    answer = (await fund.tap(person.card, practitioner)).json()
    assert (answer["validity"], answer["results"][0]["address"]) == ("1", None)
    assert answer["results"][0]["postal_code"] is None


async def test_a_known_version_is_unchanged_until_something_changes(
    fund: Fund,
) -> None:
    person = await fund.insured()
    version = (await fund.tap(person.card)).json()["version"]

    again = (await fund.tap(person.card, known_version=version)).json()
    await fund.enrol(person, number="9", acquired_on="2026-01-01")
    changed = (await fund.tap(person.card, known_version=version)).json()

    assert (again["unchanged"], again["validity"], "results" in again) == (True, "1", False)
    assert (changed["unchanged"], len(changed["results"])) == (False, 2)


async def test_versions_of_two_facilities_cannot_be_linked(fund: Fund) -> None:
    person = await fund.insured()
    elsewhere = await fund.terminal(institution_code=OTHER_CLINIC)
    here, there = await fund.tap(person.card), await fund.tap(person.card, elsewhere)
    assert here.json()["version"] != there.json()["version"]


async def test_every_answer_is_recorded_with_the_versions_read(fund: Fund) -> None:
    person = await fund.insured()
    answer = (await fund.tap(person.card)).json()

    [record] = await fund.records("record_id = $1::text::uuid", answer["record_id"])

    assert (record["kind"], record["outcome"], record["institution_code"]) == (
        "eligibility.card",
        "answered",
        CLINIC,
    )
    assert len(record["enrolments"]) == 1
    assert record["as_of"].isoformat() == answer["as_of"]


async def test_a_refusal_is_recorded_too(fund: Fund) -> None:
    person = fund.person()
    proof = await fund.proof(person.card)
    await fund.post("/v1/eligibility/card", proof)
    serial = fund.state.verifier.certificate(person.card.authentication.certificate).id.serial_bytes
    [record] = await fund.records("serial = $1", serial)
    assert record["outcome"] == "first-registration-needed"
