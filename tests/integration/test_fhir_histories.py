"""Histories as FHIR resources under a consent: the rows, refusals and records of the plain interface."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from eligibility_api.contract.codes import Category, Role
from eligibility_api.contract.history import ROLE_HEADER, HistoryResource
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.dates import day_in_japan
from tests.builders.claims import (
    claim,
    enrolled_patient,
    fetch_history,
    grant_permit,
    pharmacy_with_history_rights,
    store_checkup,
    store_claims,
    store_prescription_entry,
)
from tests.builders.fhir import faults
from tests.builders.fund import Fund
from tests.builders.known import content, drug
from tests.builders.people import Person

pytestmark = pytest.mark.anyio


@pytest.fixture
async def pharmacy(fund: Fund) -> Credential:
    """A pharmacy with the right to access histories."""
    return await pharmacy_with_history_rights(fund)


@pytest.fixture
async def patient(fund: Fund) -> Person:
    """A patient with medicines of a claim, a prescription, and a check-up."""
    person = await enrolled_patient(fund)
    day = day_in_japan(fund.clock())
    await store_claims(
        fund, claim(fund, person, content(drug(code="990000101"), drug(code="990000102")), months=2)
    )
    await store_prescription_entry(
        fund, person, fund.clinic, content(drug(code="990000103")), prescribed_on=day - timedelta(days=1)
    )
    await store_checkup(fund, person, day - timedelta(days=90), "128")
    return person


async def get(fund: Fund, path: str, terminal: Credential, **query: Any) -> httpx2.Response:
    """Get a resource as a pharmacist; every answer is valid."""
    headers = {
        "Authorization": f"Bearer {await fund.token(terminal)}",
        ROLE_HEADER: Role.PHARMACIST.value,
    }
    response = await fund.http.get(f"/fhir/{path}", params=query or None, headers=headers)
    assert response.headers["content-type"] == "application/fhir+json"
    assert faults(response.json()) == []
    return response


async def search(
    fund: Fund, kind: str, consent: UUID, terminal: Credential, **query: Any
) -> list[dict[str, Any]]:
    """The resources of a search, all of the type asked for."""
    response = await get(fund, kind, terminal, consent=consent, **query)
    assert response.status_code == 200, response.text
    found = [entry["resource"] for entry in response.json().get("entry", [])]
    assert {resource["resourceType"] for resource in found} <= {kind}
    return found


def code(resource: dict[str, Any]) -> str:
    """The drug code of a medicine."""
    return str(resource["medicationCodeableConcept"]["coding"][0]["code"])


async def test_dispensed_and_prescribed_medicines_are_together_those_of_the_plain_history(
    fund: Fund, pharmacy: Credential, patient: Person
) -> None:
    consent = await grant_permit(fund, patient, pharmacy)
    plain = (await fetch_history(fund, consent, pharmacy))["medicines"]
    dispensed = await search(fund, "MedicationDispense", consent, pharmacy)
    [prescribed] = await search(fund, "MedicationRequest", consent, pharmacy)
    assert code(prescribed) == "990000103"
    assert sorted(map(code, [*dispensed, prescribed])) == sorted(row["drug_code"] for row in plain)
    assert len(dispensed) == 2
    by_code = {row["drug_code"]: row for row in plain}
    for resource in [*dispensed, prescribed]:
        assert resource["medicationCodeableConcept"].get("text") == by_code[code(resource)]["name"]
        assert resource["subject"]["identifier"]["value"] == str(consent)
    assert prescribed["authoredOn"] == by_code["990000103"]["on"]


async def test_the_items_of_check_ups_are_observations(
    fund: Fund, pharmacy: Credential, patient: Person
) -> None:
    consent = await grant_permit(fund, patient, pharmacy)
    [checkup] = (await fetch_history(fund, consent, pharmacy, HistoryResource.HEALTH_CHECKUPS))["checkups"]
    [observation] = await search(fund, "Observation", consent, pharmacy)
    assert observation["code"]["coding"][0]["code"] == checkup["items"][0]["item_code"]
    assert observation["valueQuantity"] == {"value": 128, "unit": "mmHg"}
    assert observation["effectiveDateTime"] == checkup["examined_on"]


async def test_pages_follow_each_other_to_the_last(fund: Fund, pharmacy: Credential, patient: Person) -> None:
    consent = await grant_permit(fund, patient, pharmacy)
    plain = (await fetch_history(fund, consent, pharmacy))["medicines"]
    found: list[str] = []
    address, pages = f"MedicationDispense?consent={consent}&_count=1", 0
    while address and pages < 9:
        bundle = (await get(fund, address, pharmacy)).json()
        found += [code(entry["resource"]) for entry in bundle.get("entry", [])]
        links = {link["relation"]: link["url"] for link in bundle["link"]}
        address, pages = links.get("next", "").removeprefix("/fhir/"), pages + 1
    assert pages == len(plain) == 3
    assert sorted(found) == ["990000101", "990000102"]


async def test_each_search_is_an_access_recorded_as_a_plain_one(
    fund: Fund, pharmacy: Credential, patient: Person
) -> None:
    consent = await grant_permit(fund, patient, pharmacy)
    bundle = (await get(fund, "MedicationDispense", pharmacy, consent=consent)).json()
    [record] = await fund.owner.fetch(
        "SELECT kind, outcome FROM audit_record WHERE record_id = $1::text::uuid", [bundle["id"]]
    )
    assert (record["kind"], record["outcome"]) == ("history.medications", "answered")


async def test_a_consent_is_read_by_its_facility_only(
    fund: Fund, pharmacy: Credential, patient: Person
) -> None:
    consent = await grant_permit(fund, patient, pharmacy, [Category.MEDICATION])
    resource = (await get(fund, f"Consent/{consent}", pharmacy)).json()
    allowed = [concept["coding"][0]["code"] for concept in resource["provision"]["code"]]
    assert (resource["status"], allowed) == ("active", ["medication"])
    other = await get(fund, f"Consent/{consent}", fund.clinic)
    assert (other.status_code, other.json()["resourceType"]) == (403, "OperationOutcome")


@pytest.mark.parametrize("kind", ["MedicationRequest", "MedicationDispense", "Observation"])
async def test_what_the_consent_does_not_allow_is_refused(
    fund: Fund, pharmacy: Credential, patient: Person, kind: str
) -> None:
    consent = await grant_permit(fund, patient, pharmacy, [Category.LIMIT_CERTIFICATE])
    refused = await get(fund, kind, pharmacy, consent=consent)
    details = refused.json()["issue"][0]["details"]["coding"][0]
    assert (refused.status_code, details["code"]) == (403, "consent-category")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 422),
        ({"consent": "no uuid"}, 422),
        ({"consent": uuid4(), "_count": 501}, 422),
        ({"consent": uuid4(), "after": "x" * 201}, 422),
        ({"consent": uuid4()}, 404),
    ],
    ids=["no consent", "no number", "page", "cursor", "unknown"],
)
async def test_a_search_that_no_consent_allows_is_an_operation_outcome(
    fund: Fund, pharmacy: Credential, query: dict[str, Any], status: int
) -> None:
    refused = await get(fund, "MedicationDispense", pharmacy, **query)
    assert (refused.status_code, refused.json()["resourceType"]) == (status, "OperationOutcome")


async def test_no_token_is_no_search(fund: Fund) -> None:
    for path in ("Observation", f"Consent/{uuid4()}", "MedicationRequest"):
        response = await fund.http.get(f"/fhir/{path}", params={"consent": str(uuid4())})
        assert (response.status_code, faults(response.json())) == (401, [])
