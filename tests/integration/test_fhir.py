"""FHIR beside the plain interface: the same answers, refusals, limits and records, as valid R4 and JP Core resources."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from eligibility_api.contract.codes import Purpose
from tests.builders.fhir import (
    BRANCH,
    NUMBER,
    PROOF,
    SUBMIT_PATH,
    SYMBOL,
    VALIDITY,
    contained,
    coverage_request,
    faults,
    proof_request,
)
from tests.builders.fund import Fund
from tests.builders.limits import limited, miss_count

pytestmark = pytest.mark.anyio


async def submit(fund: Fund, body: dict[str, Any], *credential: Any) -> tuple[int, dict[str, Any]]:
    """Send a request; the answer must be FHIR, valid, and not stored by anybody on its way."""
    response = await fund.post(SUBMIT_PATH, body, *credential)
    assert response.headers["content-type"] == "application/fhir+json"
    assert response.headers["cache-control"] == "no-store"
    resource: dict[str, Any] = response.json()
    assert faults(resource) == []
    return response.status_code, resource


def validity(resource: dict[str, Any]) -> str:
    """The code of OQSCD006 in an answer."""
    [extension] = resource["extension"]
    assert extension["url"] == VALIDITY
    return str(extension["valueCoding"]["code"])


def problem_code(resource: dict[str, Any]) -> str:
    """The catalogue's code in an OperationOutcome."""
    assert resource["resourceType"] == "OperationOutcome"
    return str(resource["issue"][0]["details"]["coding"][0]["code"])


async def test_a_submitted_membership_is_answered_as_by_the_plain_endpoint(fund: Fund) -> None:
    person = await fund.insured()
    plain = (await fund.look_up(person)).json()
    status, answer = await submit(fund, coverage_request(fund.lookup_body(person)))
    [result], [coverage] = plain["results"], contained(answer, "Coverage")
    [patient], [payor] = contained(answer, "Patient"), contained(answer, "Organization")
    assert (status, answer["outcome"], validity(answer)) == (200, "complete", plain["validity"])
    assert answer["insurance"] == [{"coverage": {"reference": "#coverage-1"}, "inforce": True}]
    written = {part["url"]: part["valueString"] for part in coverage["extension"]}
    assert (written[SYMBOL], written[BRANCH]) == (result["symbol"], result["branch"])
    assert written[NUMBER].translate({0xFEE0 + code: code for code in range(0x21, 0x7F)}) == result["number"]
    assert coverage["period"] == {"start": result["acquired_on"]}
    assert payor["identifier"][0]["value"] == result["insurer_number"]
    assert (patient["birthDate"], patient["name"][0]["text"]) == (result["birth_date"], result["name"])
    assert answer["servicedDate"] == plain["as_of"]


async def test_a_submitted_proof_is_answered_as_by_card(fund: Fund) -> None:
    person = await fund.insured()
    by_number = (await submit(fund, coverage_request(fund.lookup_body(person))))[1]
    proof = await fund.proof(person.card)
    status, by_card = await submit(fund, proof_request(proof))
    own = {"id", "identifier", "created"}
    assert status == 200
    assert {k: v for k, v in by_card.items() if k not in own} == {
        k: v for k, v in by_number.items() if k not in own
    }
    assert (await submit(fund, proof_request(proof)))[0] == 409
    again = (await submit(fund, proof_request(proof)))[1]
    assert problem_code(again) == "challenge-used"


async def test_every_answer_has_the_record_of_its_plain_kind(fund: Fund) -> None:
    person = await fund.insured()
    by_number = (await submit(fund, coverage_request(fund.lookup_body(person))))[1]
    by_card = (await submit(fund, proof_request(await fund.proof(person.card))))[1]
    rows = await fund.owner.fetch(
        "SELECT record_id::text, kind, outcome FROM audit_record WHERE record_id = ANY ($1::text[]::uuid[])",
        [[by_number["id"], by_card["id"]]],
    )
    assert {row["record_id"]: (row["kind"], row["outcome"]) for row in rows} == {
        by_number["id"]: ("eligibility.number", "answered"),
        by_card["id"]: ("eligibility.card", "answered"),
    }


async def test_an_ended_insurance_is_not_in_force_and_its_period_ends_on_the_last_insured_day(
    fund: Fund,
) -> None:
    person = fund.person()
    await fund.enrol(person, lost_on="2025-04-01", reason_of_loss="03")
    answer = (await submit(fund, coverage_request(fund.lookup_body(person))))[1]
    [coverage] = contained(answer, "Coverage")
    assert (validity(answer), answer["insurance"][0]["inforce"]) == ("2", False)
    assert coverage["period"] == {"start": "2024-04-01", "end": "2025-03-31"}


async def test_a_miss_names_nobody_and_counts_like_a_plain_one(fund: Fund) -> None:
    person = await fund.insured()
    terminal = await fund.terminal()
    body = coverage_request(fund.lookup_body(person, birth_date="1950-01-01"))
    status, answer = await submit(fund, body, terminal)
    assert (status, validity(answer)) == (200, "4")
    assert not {"contained", "insurance"} & answer.keys()
    assert answer["patient"]["extension"][0]["valueCode"] == "unknown"
    counted = await miss_count(fund, terminal.client_id)
    assert counted is not None
    assert counted["streak"] == 1


async def test_a_terminal_over_its_limit_of_misses_is_refused_here_too(fund: Fund) -> None:
    person, terminal = await fund.insured(), await fund.terminal()
    body = coverage_request(fund.lookup_body(person, birth_date="1950-01-01"))
    with limited(fund, number_misses_per_hour=1):
        await submit(fund, body, terminal)
        status, outcome = await submit(fund, body, terminal)
    assert (status, problem_code(outcome), outcome["issue"][0]["code"]) == (
        429,
        "number-miss-limit",
        "throttled",
    )


async def test_the_facilitys_own_number_is_the_patients_identifier(fund: Fund) -> None:
    person = await fund.insured()
    registered = fund.lookup_body(person) | {"reference_number": "P-000123"}
    assert (await fund.post("/v1/reference-numbers", registered)).status_code in (200, 201)
    answer = (await submit(fund, coverage_request(fund.lookup_body(person))))[1]
    [patient] = contained(answer, "Patient")
    code = fund.clinic.institution_code
    assert patient["identifier"][0] == {
        "system": f"urn:oid:1.2.392.100495.20.3.51.1{code}",
        "value": "P-000123",
    }


async def test_parameters_and_the_resource_itself_are_the_same_request(fund: Fund) -> None:
    person = await fund.insured()
    body = coverage_request(fund.lookup_body(person))
    wrapped = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": body}]}
    assert validity((await submit(fund, wrapped))[1]) == "1"


async def test_the_senders_identifier_of_its_request_returns_with_the_answer(fund: Fund) -> None:
    person = await fund.insured()
    own = {"system": "urn:example:requests", "value": "R-1"}
    answer = (await submit(fund, coverage_request(fund.lookup_body(person), identifier=[own])))[1]
    assert answer["request"]["identifier"] == own


@pytest.mark.parametrize(
    ("change", "status", "code", "place"),
    [
        ({"status": "draft"}, 422, "request-invalid", "CoverageEligibilityRequest.status"),
        ({"purpose": []}, 422, "request-invalid", "CoverageEligibilityRequest.purpose"),
        (
            {"purpose": ["auth-requirements"]},
            422,
            "request-invalid",
            "CoverageEligibilityRequest.purpose[0]",
        ),
        ({"insurer": None}, 422, "request-invalid", "CoverageEligibilityRequest.insurer"),
        ({"insurance": None}, 422, "request-invalid", f"Coverage.extension('{NUMBER}').value"),
        ({"contained": []}, 422, "request-invalid", "Coverage.payor.identifier.value"),
        ({"servicedDate": "1999-01-01"}, 422, "as-of-out-of-range", None),
        ({"servicedPeriod": {"start": "2026-01-01"}}, 422, "request-invalid", None),
        ({"extension": [{"url": PROOF}]}, 422, "request-invalid", None),
    ],
    ids=[
        "status",
        "no purpose",
        "authorisation",
        "insurer",
        "coverage",
        "contained",
        "day",
        "period",
        "proof",
    ],
)
async def test_what_cannot_be_answered_is_an_operation_outcome_with_the_place(
    fund: Fund, change: dict[str, Any], status: int, code: str, place: str | None
) -> None:
    body = coverage_request(fund.lookup_body(fund.person()), **change)
    answered, outcome = await submit(fund, body)
    assert (answered, problem_code(outcome)) == (status, code)
    places = [issue["expression"][0] for issue in outcome["issue"] if "expression" in issue]
    assert place is None or place in places


async def test_a_my_number_is_refused_and_not_repeated(fund: Fund) -> None:
    body = coverage_request(fund.lookup_body(fund.person(), number="123456789018"))
    status, outcome = await submit(fund, body)
    assert (status, problem_code(outcome)) == (422, "my-number-refused")
    assert "123456789018" not in str(outcome)


async def test_a_visual_check_and_another_purpose_are_no_proof_for_it(fund: Fund) -> None:
    person = await fund.insured()
    proof = await fund.proof(person.card, Purpose.VISUAL_CHECK)
    status, outcome = await submit(fund, proof_request(proof))
    assert (status, problem_code(outcome)) == (403, "challenge-other-purpose")
    altered = proof | {"signature": base64.b64encode(b"x" * 256).decode()}
    assert (await submit(fund, proof_request(altered)))[0] == 403


async def test_rights_are_checked_before_the_body(fund: Fund) -> None:
    refused = await fund.http.post(SUBMIT_PATH, content=b"no json")
    assert (refused.status_code, problem_code(refused.json())) == (401, "token-missing")
    assert refused.headers["www-authenticate"] == "Bearer"
    status, outcome = await submit(fund, {}, fund.insurer)
    assert (status, problem_code(outcome)) == (403, "right-missing")


@pytest.mark.parametrize(
    "body",
    [b"", b"no json", b"[]", b'{"resourceType": 1}', b"[" * 20_000, b"\xff"],
    ids=["empty", "no JSON", "list", "other type", "nested", "no text"],
)
async def test_a_body_that_is_no_resource_is_an_operation_outcome(fund: Fund, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {await fund.token(fund.clinic)}"}
    response = await fund.http.post(SUBMIT_PATH, content=body, headers=headers)
    assert (response.status_code, problem_code(response.json())) == (422, "request-invalid")
    assert faults(response.json()) == []


async def test_unknown_paths_and_methods_are_operation_outcomes(fund: Fund) -> None:
    for method, path, status in (("GET", "/fhir/Patient/1", 404), ("GET", SUBMIT_PATH, 405)):
        response = await fund.http.request(method, path)
        assert (response.status_code, faults(response.json())) == (status, [])


async def test_the_interface_describes_itself_without_a_token(fund: Fund) -> None:
    response = await fund.http.get("/fhir/metadata")
    statement = response.json()
    assert (response.headers["content-type"], faults(statement)) == ("application/fhir+json", [])
    [operation] = statement["rest"][0]["resource"][0]["operation"]
    assert (statement["fhirVersion"], operation["name"]) == ("4.0.1", "submit")
    # This fund does not know its address.
    assert (await fund.http.get("/fhir/.well-known/smart-configuration")).status_code == 404
