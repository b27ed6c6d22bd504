"""The models that check answers are R4B's: for the resources that the fund sends, R4 has the same elements."""

from __future__ import annotations

import pytest
from fhir.resources.R4B import get_fhir_model_class

from eligibility_api.fhir.capability import capability_statement, smart_configuration
from tests.builders.fhir import R4_ELEMENTS, coverage_request, faults, r4_elements

MEMBERSHIP = {
    "insurer_number": "01130012",
    "symbol": "見本",
    "number": "1234",
    "branch": "00",
    "birth_date": "1980-05-17",
}


@pytest.mark.parametrize("kind", [*sorted(R4_ELEMENTS), "Bundle"])
def test_r4b_has_the_elements_of_r4(kind: str) -> None:
    elements = {
        name for name in get_fhir_model_class(kind).elements_sequence() if name not in ("resourceType",)
    }
    assert elements == r4_elements(kind)


@pytest.mark.parametrize("public_url", [None, "https://fund.example"])
def test_the_capability_statement_is_valid(public_url: str | None) -> None:
    statement = capability_statement(public_url)
    assert faults(statement) == []
    assert statement["implementation"].get("url") == (public_url and f"{public_url}/fhir")


def test_smart_names_the_token_endpoint_and_its_method() -> None:
    configuration = smart_configuration("https://fund.example")
    assert configuration["token_endpoint"] == "https://fund.example/v1/token"
    assert configuration["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert configuration["grant_types_supported"] == ["client_credentials"]
    assert "client-confidential-asymmetric" in configuration["capabilities"]


def test_the_requests_of_the_tests_are_valid_themselves() -> None:
    request = coverage_request(MEMBERSHIP)
    get_fhir_model_class("CoverageEligibilityRequest").model_validate(request)


@pytest.mark.parametrize(
    "broken",
    [
        {"resourceType": "OperationOutcome"},
        {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "", "details": {}}]},
        {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "login"}], "more": 1},
        {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "login"}], "id": "a_b"},
        {"resourceType": "Patient", "meta": {"profile": []}, "name": [{"text": "x"}]},
    ],
    ids=["required", "empty", "unknown", "id", "JP Core"],
)
def test_the_check_finds_what_is_broken(broken: dict[str, object]) -> None:
    assert faults(broken)
