"""Reading a CoverageEligibilityRequest: what it asks, and the places of its faults."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from fastapi.exceptions import RequestValidationError

from eligibility_api.contract.eligibility import CardCheckRequest, NumberCheckRequest
from eligibility_api.fhir.names import INSURER_NUMBER_OID, LIMIT_CONSENT
from eligibility_api.fhir.requests import Asked, CoverageEligibilityRequest, read_request
from tests.builders.fhir import BRANCH, NUMBER, PROOF, coverage_request, proof_request
from tests.builders.schema_limits import faults as limit_faults

MEMBERSHIP = {
    "insurer_number": "01130012",
    "symbol": "見本",
    "number": "1234",
    "branch": "00",
    "birth_date": "1980-05-17",
}
CARD = {"challenge": "AQFr", "certificate": "MIIE", "signature": "c2ln"}


def read(body: dict[str, Any]) -> Asked:
    return read_request(json.dumps(body).encode())


def places(body: dict[str, Any]) -> list[str]:
    """The places of a request's faults."""
    with pytest.raises(RequestValidationError) as refused:
        read(body)
    return [str(fault["loc"][0]) for fault in refused.value.errors()]


def number(body: dict[str, Any]) -> NumberCheckRequest:
    check = read(body).check
    assert isinstance(check, NumberCheckRequest)
    return check


def test_a_membership_is_the_plain_request() -> None:
    asked = read(coverage_request(MEMBERSHIP, servicedDate="2026-11-23"))
    assert asked.check == NumberCheckRequest.model_validate(MEMBERSHIP | {"as_of": "2026-11-23"})
    assert (asked.purpose, asked.insurer_number) == (("validation",), "01130012")


def test_full_width_is_read_as_written_and_identifiers_in_any_spelling() -> None:
    check = number(
        coverage_request(MEMBERSHIP | {"number": "１２３４", "insurer_number": "０１１３００１２"})
    )
    assert (check.number, check.insurer_number) == ("１２３４", "01130012")


def test_without_symbol_and_branch_they_are_not_asked() -> None:
    check = number(coverage_request({k: v for k, v in MEMBERSHIP.items() if k not in ("symbol", "branch")}))
    assert (check.symbol, check.branch) == (None, None)


def test_the_insurer_may_be_an_identifier_instead_of_a_resource_and_its_system_an_oid() -> None:
    body = coverage_request(MEMBERSHIP)
    patient, _, coverage = body["contained"]
    logical = {"identifier": {"system": INSURER_NUMBER_OID, "value": "01130012"}}
    contained = [patient, {**coverage, "payor": [{"display": "x"}]}]
    assert number(body | {"contained": contained, "insurer": logical}).insurer_number == "01130012"


@pytest.mark.parametrize("agreed", [True, False])
def test_the_limit_certificate_is_asked_with_consent_only(agreed: bool) -> None:
    extension = [{"url": LIMIT_CONSENT, "valueBoolean": agreed}]
    assert number(coverage_request(MEMBERSHIP, extension=extension)).limit_certificate_consent is agreed
    assert number(coverage_request(MEMBERSHIP)).limit_certificate_consent is False


def test_a_proof_is_a_request_by_card() -> None:
    check = read(proof_request(CARD, servicedDate="2026-11-23")).check
    assert check == CardCheckRequest.model_validate(CARD | {"as_of": "2026-11-23"})
    assert (type(check), check.as_of) == (CardCheckRequest, date(2026, 11, 23))
    assert read(proof_request(CARD)).insurer_number is None


def test_elements_that_the_fund_does_not_use_are_ignored() -> None:
    body = coverage_request(MEMBERSHIP, priority={"text": "x"}, provider={"display": "y"})
    assert number(body | {"_created": {"id": "a"}}) == NumberCheckRequest.model_validate(MEMBERSHIP)


@pytest.mark.parametrize(
    ("membership", "place"),
    [
        ({"birth_date": None}, "Patient.birthDate"),
        ({"number": ""}, f"Coverage.extension('{NUMBER}').value"),
        ({"branch": "123"}, f"Coverage.extension('{BRANCH}').value"),
        ({"insurer_number": "01130013"}, "Coverage.payor.identifier.value"),
    ],
    ids=["birth date", "number", "branch", "check digit"],
)
def test_a_fault_of_an_item_is_at_its_place_in_the_resources(membership: dict[str, Any], place: str) -> None:
    assert places(coverage_request(MEMBERSHIP | membership)) == [place]


@pytest.mark.parametrize("missing", ["challenge", "certificate", "signature"])
def test_a_proof_that_is_not_complete_is_no_request_by_number(missing: str) -> None:
    body = proof_request(CARD)
    parts = [part for part in body["extension"][0]["extension"] if part["url"] != missing]
    found = places(body | {"extension": [{"url": PROOF, "extension": parts}]})
    assert found == [f"CoverageEligibilityRequest.extension('{PROOF}').extension('{missing}').value"]


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ("resourceType", "Claim"),
        ("contained", [{"resourceType": "Patient"}] * 9),
        ("extension", [{"url": "x"}] * 9),
        ("created", "x" * 201),
        ("insurance", [{"coverage": {}}] * 2),
        ("patient", "Patient/1"),
    ],
    ids=["type", "contained", "extensions", "long", "two coverages", "reference"],
)
def test_what_is_too_much_or_no_such_element_is_refused_at_its_place(element: str, value: Any) -> None:
    found = places(coverage_request(MEMBERSHIP) | {element: value})
    assert {place.split("[")[0] for place in found} == {f"CoverageEligibilityRequest.{element}"}


def test_every_text_and_list_of_a_request_has_a_limit() -> None:
    schema: Any = CoverageEligibilityRequest.__pydantic_core_schema__
    assert list(limit_faults(schema, {})) == []
