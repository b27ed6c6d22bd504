"""Which claims are a person's history: by membership, twins, corrections and resubmissions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from eligibility_api.contract.tokens import Credential
from eligibility_api.web import cursor
from tests.builders.claims import (
    claim,
    drug_codes,
    enrolled_patient,
    fetch_history,
    grant_permit,
    months_ago,
    pharmacy_with_history_rights,
    set_known_since,
    store_claims,
)
from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_INSURER
from tests.builders.known import content, drug
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

TABLETS = content(drug(), institution_name="架空診療所")


@pytest.fixture
async def pharmacy(fund: Fund) -> Credential:
    """A pharmacy with the right to access histories."""
    return await pharmacy_with_history_rights(fund)


async def test_the_history_survives_a_change_of_insurer(fund: Fund, pharmacy: Credential) -> None:
    other = await fund.admit_insurer(OTHER_INSURER)
    moved = months_ago(fund, 2)
    person = await enrolled_patient(fund, acquired_on="2024-04-01")
    await fund.change(person, "end", lost_on=moved.isoformat(), reason_of_loss="03")
    await fund.enrol(person, credential=other, acquired_on=moved.isoformat())
    await set_known_since(fund, person, fund.clock() - timedelta(days=300))
    await store_claims(
        fund,
        claim(fund, person, content(drug(code="990000101")), months=3),
        claim(fund, person, content(drug(code="990000102")), months=2, insurer_number=OTHER_INSURER),
        # The wrong insurer for the month: the person was not enrolled there then.
        claim(fund, person, content(drug(code="990000103")), months=3, insurer_number=OTHER_INSURER),
        claim(fund, person, content(drug(code="990000104")), months=2),
    )
    assert await drug_codes(fund, person, pharmacy) == ["990000102", "990000101"]


async def test_one_day_of_enrolment_in_the_month_suffices(fund: Fund, pharmacy: Credential) -> None:
    person = await enrolled_patient(fund, acquired_on=(months_ago(fund, 2) - timedelta(days=1)).isoformat())
    await store_claims(
        fund,
        claim(fund, person, content(drug(code="990000101")), months=3),
        claim(fund, person, content(drug(code="990000102")), months=4),
    )
    assert await drug_codes(fund, person, pharmacy) == ["990000101"]


async def test_a_late_enrolment_discloses_the_claims_already_stored(fund: Fund, pharmacy: Credential) -> None:
    person = await enrolled_patient(fund, acquired_on=months_ago(fund, 1).isoformat())
    await store_claims(fund, claim(fund, person, TABLETS))
    permit = await grant_permit(fund, person, pharmacy)
    assert (await fetch_history(fund, permit, pharmacy))["medicines"] == []
    correction = {
        "former": fund.lookup_body(person),
        "member": fund.enrolment_body(person, acquired_on="2024-04-01"),
    }
    assert (await fund.post("/v1/enrolments/correct", correction, fund.insurer)).status_code == 200
    assert len((await fetch_history(fund, permit, pharmacy))["medicines"]) == 1


@pytest.mark.parametrize(
    ("claimed", "first", "second"),
    [("01", 1, 0), ("02", 0, 1), (None, 0, 0), ("03", 0, 0)],
)
async def test_the_branch_distinguishes_the_claims_of_twins(
    fund: Fund, pharmacy: Credential, claimed: str | None, first: int, second: int
) -> None:
    one, other = fund.person(), fund.person()
    number = one.resident.resident_id[1:]
    assert (await fund.enrol(one, branch="01")).status_code == 201
    assert (await fund.enrol(other, number=number, branch="02")).status_code == 201
    for person in (one, other):
        await set_known_since(fund, person, fund.clock() - timedelta(days=300))
    await store_claims(fund, claim(fund, one, TABLETS, branch=claimed))
    assert [len(await drug_codes(fund, person, pharmacy)) for person in (one, other)] == [first, second]


@pytest.mark.parametrize(("claimed", "first", "second"), [("02", 0, 1), ("01", 1, 0), (None, 0, 0)])
async def test_a_membership_without_branch_matches_unless_a_twins_does(
    fund: Fund, pharmacy: Credential, claimed: str | None, first: int, second: int
) -> None:
    """Rule H3."""
    one, other = fund.person(), fund.person()
    number = one.resident.resident_id[1:]
    assert (await fund.enrol(one, branch=None)).status_code == 201
    assert (await fund.enrol(other, number=number, branch="02")).status_code == 201
    for person in (one, other):
        await set_known_since(fund, person, fund.clock() - timedelta(days=300))
    await store_claims(fund, claim(fund, one, TABLETS, branch=claimed))
    assert [len(await drug_codes(fund, person, pharmacy)) for person in (one, other)] == [first, second]


async def test_without_a_twin_no_branch_is_needed(fund: Fund, pharmacy: Credential) -> None:
    person = await enrolled_patient(fund)
    await store_claims(fund, claim(fund, person, TABLETS, branch=None))
    assert len(await drug_codes(fund, person, pharmacy)) == 1


async def test_a_claim_paid_by_public_expense_alone_is_matched_by_its_numbers(
    fund: Fund, pharmacy: Credential
) -> None:
    """Rule H4."""
    office = await fund.admit_insurer("12143210", "架空福祉事務所")
    person = fund.person()
    aid = {"certificate_kind": "A1", "symbol": None, "branch": None, "number": "0000018"}
    enrolled = await fund.enrol(person, credential=office, **aid)
    assert enrolled.status_code == 201, enrolled.text
    await set_known_since(fund, person, fund.clock() - timedelta(days=300))
    sent = claim(fund, person, TABLETS)
    member = replace(sent.member, insurer_number="12143210", symbol=None, number="0000018", branch=None)
    await store_claims(fund, replace(sent, member=member))
    assert len(await drug_codes(fund, person, pharmacy)) == 1


async def mixed_up_members(fund: Fund) -> tuple[Person, Person, dict[str, Any]]:
    """A member who was enrolled with another person's items, that person, and the request that separates the two."""
    member, other = fund.person(), fund.person()
    wrong = fund.enrolment_body(other, number=member.resident.resident_id[1:])
    enrolled = await fund.post("/v1/enrolments", wrong, fund.insurer)
    await set_known_since(fund, other, fund.clock() - timedelta(days=300))
    values = fund.enrolment_body(member)
    items = {name: values[name] for name in ("name", "name_kana", "sex", "address")}
    return member, other, {"enrolment_id": enrolled.json()["enrolment_id"], "corrected": items}


async def test_a_corrected_mix_up_is_not_disclosed_by_known_at(fund: Fund, pharmacy: Credential) -> None:
    member, other, parting = await mixed_up_members(fund)
    await store_claims(fund, claim(fund, member, TABLETS))
    permit, earlier = await grant_permit(fund, other, pharmacy), fund.clock() - timedelta(days=1)
    assert len((await fetch_history(fund, permit, pharmacy))["medicines"]) == 1

    assert (await fund.post("/v1/enrolments/unlink", parting, fund.insurer)).json()["match"] == "one"

    queries: list[dict[str, Any]] = [
        {},
        {"known_at": earlier.isoformat()},
        {"after": cursor.encode((earlier, 0, 0))},
    ]
    for query in queries:
        assert (await fetch_history(fund, permit, pharmacy, **query))["medicines"] == []
    assert len(await drug_codes(fund, member, pharmacy)) == 1


async def test_a_twin_known_only_later_makes_earlier_claims_ambiguous_too(
    fund: Fund, pharmacy: Credential
) -> None:
    person, twin = await enrolled_patient(fund, branch="01"), fund.person()
    await store_claims(fund, claim(fund, person, TABLETS, branch=None))
    assert len(await drug_codes(fund, person, pharmacy)) == 1
    await fund.enrol(twin, number=person.resident.resident_id[1:], branch="02")
    known_at = (fund.clock() - timedelta(days=1)).isoformat()
    assert await drug_codes(fund, person, pharmacy, known_at=known_at) == []


async def test_a_resubmission_replaces_the_claim_and_known_at_returns_the_earlier_one(
    fund: Fund, pharmacy: Credential
) -> None:
    person = await enrolled_patient(fund)
    arrived, again = fund.clock() - timedelta(days=20), fund.clock() - timedelta(days=2)
    await store_claims(fund, claim(fund, person, content(drug(times=14))), known_from=arrived)
    await store_claims(fund, claim(fund, person, content(drug(times=28))), known_from=again)
    permit = await grant_permit(fund, person, pharmacy)

    async def times(known_at: datetime | None = None) -> list[int]:
        query: dict[str, Any] = {"known_at": known_at.isoformat()} if known_at else {}
        return [m["times"] for m in (await fetch_history(fund, permit, pharmacy, **query))["medicines"]]

    instant = timedelta(microseconds=1)
    assert await times() == [28]
    assert await times(again) == [28]
    assert await times(again - instant) == [14]
    assert await times(arrived - instant) == []
