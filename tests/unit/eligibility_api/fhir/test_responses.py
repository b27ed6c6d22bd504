"""An answer as a CoverageEligibilityResponse: every kind of answer is valid R4 and JP Core."""

from __future__ import annotations

from typing import Any

import pytest

from eligibility_api.contract.code_titles import CODE_TITLES
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.eligibility import CardCheckRequest, EligibilityAnswer, NumberCheckRequest
from eligibility_api.contract.examples import ELIGIBILITY, MEMBERSHIP_KEY
from eligibility_api.fhir.members import coverage_type, full_width
from eligibility_api.fhir.names import DATA_ABSENT
from eligibility_api.fhir.requests import Asked
from eligibility_api.fhir.responses import response_of
from tests.builders.fhir import BRANCH, SYMBOL, contained, faults

[MEMBER] = ELIGIBILITY["results"]
CLINIC = "1311111114"
BY_NUMBER = Asked(("validation",), None, NumberCheckRequest.model_validate(MEMBERSHIP_KEY))
BY_CARD = Asked(
    ("discovery", "benefits"),
    None,
    CardCheckRequest(challenge="AQFr", certificate=b"certificate", signature=b"signature"),
)


def respond(*results: dict[str, Any], asked: Asked = BY_NUMBER, **more: Any) -> dict[str, Any]:
    """The response to an answer with entitlements, each the example's with other items; it must be valid."""
    answer = EligibilityAnswer.model_validate(
        ELIGIBILITY | {"results": [MEMBER | result for result in results]} | more
    )
    response = response_of(answer, asked, CLINIC)
    assert faults(response) == []
    return response


@pytest.mark.parametrize("validity", list(Validity))
def test_every_validity_has_its_code_and_words_and_in_force_is_valid_alone(validity: Validity) -> None:
    shown: list[dict[str, Any]] = [] if validity in (Validity.NOT_FOUND, Validity.AMBIGUOUS) else [{}]
    response = respond(*shown, validity=validity.value)
    [extension] = response["extension"]
    assert extension["valueCoding"] == {"system": "urn:shikaku:code:OQSCD006", "code": validity.value}
    assert response["disposition"] == CODE_TITLES["Validity"][validity][0]
    in_force = [part["inforce"] for part in response.get("insurance", [])]
    assert in_force == [validity in (Validity.VALID, Validity.VALID_UNREGISTERED)] * len(shown)


@pytest.mark.parametrize(
    ("validity", "reason"), [(Validity.NOT_FOUND, "unknown"), (Validity.AMBIGUOUS, "masked")]
)
def test_an_answer_about_nobody_has_the_reason_and_the_insurer_asked_for(
    validity: Validity, reason: str
) -> None:
    response = respond(validity=validity.value)
    assert response["patient"] == {"extension": [{"url": DATA_ABSENT, "valueCode": reason}]}
    assert response["insurer"]["identifier"]["value"] == MEMBERSHIP_KEY["insurer_number"]
    by_card = respond(validity=validity.value, asked=BY_CARD)
    assert by_card["insurer"] == {"extension": [{"url": DATA_ABSENT, "valueCode": reason}]}


def test_the_purposes_of_the_request_are_answered() -> None:
    assert respond({}, asked=BY_CARD)["purpose"] == ["discovery", "benefits"]


def test_several_entitlements_have_a_coverage_each_and_one_patient() -> None:
    aid = {"insurer_number": "12131009", "insurer_name": "架空福祉事務所", "number": "0000018"}
    response = respond({}, aid | {"symbol": None, "branch": None})
    insurance, medical_aid = contained(response, "Coverage")
    assert [part["coverage"]["reference"] for part in response["insurance"]] == ["#coverage-1", "#coverage-2"]
    assert insurance["beneficiary"] == medical_aid["beneficiary"] == {"reference": "#patient-1"}
    assert insurance["payor"] != medical_aid["payor"]
    assert [part["url"] for part in medical_aid["extension"]] == [insurance["extension"][1]["url"]]
    [patient] = contained(response, "Patient")
    assert [part["value"] for part in patient["identifier"]] == [
        "01130012:見本:１２３４:00",
        "12131009:0000018",
    ]


def test_another_spelling_of_the_person_is_a_patient_of_its_own() -> None:
    response = respond({}, {"number": "99", "name": "試驗　見本"})
    first, second = contained(response, "Patient")
    assert [first["name"][0]["text"], second["name"][0]["text"]] == ["試験　見本", "試驗　見本"]
    assert response["patient"] == {"reference": "#patient-1"}


def test_names_have_their_representation_and_the_alias_is_the_usual_name() -> None:
    [patient] = contained(respond({"name_alias": "見本太郎", "name_alias_kana": "ミホンタロウ"}), "Patient")
    written = [(n["use"], n["extension"][0]["valueCode"], n["text"]) for n in patient["name"]]
    assert written == [
        ("official", "IDE", "試験　見本"),
        ("official", "SYL", "シケン　ミホン"),
        ("usual", "IDE", "見本太郎"),
        ("usual", "SYL", "ミホンタロウ"),
    ]


def test_a_withheld_address_is_absent() -> None:
    [patient] = contained(respond({"address": None, "postal_code": None}), "Patient")
    assert "address" not in patient
    [patient] = contained(respond({"postal_code": None}), "Patient")
    assert patient["address"] == [{"text": MEMBER["address"], "country": "JP"}]


@pytest.mark.parametrize(("sex", "gender"), [("1", "male"), ("2", "female"), ("3", "unknown")])
def test_the_sex_is_a_gender(sex: str, gender: str) -> None:
    assert contained(respond({"sex": sex}), "Patient")[0]["gender"] == gender


def test_a_dependants_subscriber_and_relationship() -> None:
    [coverage] = contained(respond({"relationship": "2", "insured_name": "試験　世帯主"}), "Coverage")
    assert coverage["subscriber"] == {"display": "試験　世帯主"}
    assert coverage["relationship"]["coding"][0]["code"] == "2"


def test_symbol_and_number_are_in_full_width_and_the_branch_as_two_digits() -> None:
    [coverage] = contained(respond({"symbol": "A-1", "number": "12 34", "branch": "07"}), "Coverage")
    written = {part["url"]: part["valueString"] for part in coverage["extension"]}
    assert (written[SYMBOL], written[BRANCH]) == ("Ａ－１", "07")
    assert (coverage["subscriberId"], coverage["dependent"]) == ('"Ａ－１","１２　３４"', "07")


@pytest.mark.parametrize(
    ("items", "percent"),
    [
        ({"burden_ratio": 10}, [10]),
        ({"elderly_certificate": {"valid_from": "2026-08-01", "burden_ratio": 20}}, [20]),
        ({"elderly_certificate": {"valid_from": "2026-08-01", "burden_ratio": None}}, []),
        ({}, []),
    ],
    ids=["late elderly", "elderly certificate", "unknown", "none"],
)
def test_a_burden_ratio_is_what_the_beneficiary_pays(items: dict[str, Any], percent: list[int]) -> None:
    [coverage] = contained(respond(items), "Coverage")
    costs = coverage.get("costToBeneficiary", [])
    assert [cost["valueQuantity"]["value"] for cost in costs] == percent
    assert all(cost["type"]["coding"][0]["code"] == "copaypct" for cost in costs)


def test_certificates_are_items_of_the_insurance() -> None:
    limit = {"kind": "02", "limit_class": "A04", "valid_from": "2026-08-01"}
    diseases = [{"disease": "1", "valid_from": "2026-08-01", "self_pay": pay} for pay in (10_000, None)]
    [insurance] = respond({"limit_certificate": limit, "specific_diseases": diseases})["insurance"]
    first, second, third = insurance["item"]
    assert first["category"]["coding"] == [{"system": "urn:shikaku:code:OQSCD011", "code": "02"}]
    assert first["benefit"][0]["type"]["coding"] == [{"system": "urn:shikaku:code:OQSCD012", "code": "A04"}]
    assert second["benefit"][0]["allowedMoney"] == {"value": 10_000, "currency": "JPY"}
    assert "benefit" not in third


def test_the_days_of_the_certificate_are_the_benefit_period() -> None:
    [insurance] = respond({"valid_from": "2026-08-01", "valid_to": "2027-07-31"})["insurance"]
    assert insurance["benefitPeriod"] == {"start": "2026-08-01", "end": "2027-07-31"}


@pytest.mark.parametrize(
    ("insurer_number", "code"),
    [("01130012", "1"), ("06132013", "1"), ("138057", "2"), ("39131008", "7"), ("12131009", "8")],
)
def test_the_type_of_a_coverage_follows_from_the_insurer_number(insurer_number: str, code: str) -> None:
    assert coverage_type(insurer_number) == code


def test_full_width_changes_ascii_alone() -> None:
    assert full_width("a-1 見本ｱ") == "ａ－１　見本ｱ"
