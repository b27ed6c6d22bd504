"""Eligibility by number of members who are blocked, protected, mixed up or unknown to the register."""

from __future__ import annotations

from typing import Any

import pytest

from eligibility_api.contract.codes import FacilityKind, Right
from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_CLINIC
from tests.builders.limits import without_request_id
from tests.builders.people import Person

pytestmark = pytest.mark.anyio


async def protected(fund: Fund, **flags: Any) -> Person:
    """A person with a registered card whose insurer set flags afterwards."""
    person = await fund.insured()
    member = fund.enrolment_body(person)
    names = ("insurer_number", "symbol", "number", "branch", "birth_date", "acquired_on")
    change = {"former": {name: member[name] for name in names}, "member": member | flags}
    corrected = await fund.post("/v1/enrolments/correct", change, fund.insurer)
    assert corrected.status_code == 200, corrected.text
    return person


async def mismatched(fund: Fund) -> Person:
    """A person with a registered card whose membership has an open mismatch."""
    person = await fund.insured()
    await fund.owner.fetch(
        "UPDATE enrolment SET mismatch = 'open' WHERE number = $1", [person.resident.resident_id[1:]]
    )
    return person


async def test_a_block_and_a_mismatch_are_refused_alike_by_card(fund: Fund) -> None:
    people = [await protected(fund, self_disclosure_blocked=True), await mismatched(fund)]
    refused = [await fund.tap(person.card) for person in people]
    assert {r.json()["code"] for r in refused} == {"card-not-usable"}
    assert without_request_id(refused[0]) == without_request_id(refused[1])
    assert len({len(r.content) for r in refused}) == 1


@pytest.mark.parametrize("flag", ["nondisclosure", "self_disclosure_blocked"])
async def test_a_protected_person_is_answered_by_number_without_address(fund: Fund, flag: str) -> None:
    person = await protected(fund, **{flag: True})
    response = await fund.look_up(person)
    [shown] = response.json()["results"]
    assert (response.json()["validity"], shown["address"], shown["postal_code"]) == ("1", None, None)
    assert flag not in response.text


async def test_a_mismatch_is_refused_by_number_after_recording(fund: Fund) -> None:
    person = await mismatched(fund)
    before = len(await fund.records("kind = 'eligibility.number'"))
    refused = await fund.look_up(person)
    assert refused.json()["code"] == "eligibility-not-confirmable"
    assert person.resident.name not in refused.text
    records = await fund.records("kind = 'eligibility.number'")
    assert (len(records) - before, records[-1]["outcome"], len(records[-1]["enrolments"])) == (
        1,
        "answered",
        1,
    )


async def test_a_person_unknown_to_the_register_cannot_be_confirmed_by_number(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person, name="別人　見本", name_kana="ベツジン ミホン")
    assert (await fund.look_up(person)).json()["code"] == "eligibility-not-confirmable"


async def test_an_eligibility_only_facility_gets_no_address_by_number_either(fund: Fund) -> None:
    person = await fund.insured()
    practitioner = await fund.terminal(
        institution_code="1312345672", kind=FacilityKind.ELIGIBILITY_ONLY, rights=(Right.ELIGIBILITY,)
    )
    answer = (await fund.look_up(person, practitioner)).json()
    assert (answer["validity"], answer["results"][0]["address"]) == ("1", None)


async def test_versions_of_two_facilities_cannot_be_linked(fund: Fund) -> None:
    person, elsewhere = await fund.insured(), await fund.terminal(institution_code=OTHER_CLINIC)
    versions = [
        (await fund.look_up(person, terminal)).json()["version"] for terminal in (fund.clinic, elsewhere)
    ]
    assert versions[0] != versions[1]
