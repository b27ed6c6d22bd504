"""What the description of the interface promises of requests, and what the framework alone would answer otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders.claim_files import send
from tests.builders.fund import Fund
from tests.builders.member_files import upload

pytestmark = pytest.mark.anyio

ROW = {"insurer_number": "01130012", "number": "1", "birth_date": "1980-01-01"}


async def test_an_empty_file_is_refused_at_once_and_leaves_nothing(fund: Fund) -> None:
    for response in (await upload(fund, b""), await send(fund, b"")):
        assert (response.status_code, response.json()["code"]) == (422, "file-truncated")
    states = await fund.owner.fetch(
        "SELECT state FROM upload UNION SELECT state FROM claim_file",
        (),
    )
    assert [row["state"] for row in states] == ["abandoned"]


async def test_a_path_of_another_method_is_not_read_as_a_consents_number(fund: Fund) -> None:
    token = await fund.token(fund.clinic)
    response = await fund.http.get("/v1/consents/challenges", headers={"Authorization": f"Bearer {token}"})
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("text", "status"), [("x", 404), ("00000000-0000-4000-8000-00000000000", 404), ("challenges/x", 404)]
)
async def test_a_consents_number_is_a_uuid(fund: Fund, text: str, status: int) -> None:
    response = await fund.get(f"/v1/consents/{text}", fund.clinic)
    assert (response.status_code, response.json()["code"]) == (status, "not-found")


@pytest.mark.parametrize(
    ("path", "body", "places"),
    [
        ("/v1/eligibility/batches", {"rows": [ROW | {"number": ""}, ROW]}, ["body.rows.0.number"]),
        ("/v1/eligibility/batches", {"rows": [ROW, ROW | {"branch": "x"}]}, ["body.rows.1.branch"]),
        ("/v1/eligibility/batches", {"rows": []}, ["body.rows"]),
        ("/v1/reference-numbers/bulk", {"registrations": [ROW]}, ["body.registrations.0.reference_number"]),
        ("/v1/reference-numbers/bulk", {"registrations": []}, ["body.registrations"]),
    ],
)
async def test_a_faulty_row_is_not_also_reported_as_a_list_too_short(
    fund: Fund, path: str, body: dict[str, Any], places: list[str]
) -> None:
    response = await fund.post(path, body)
    assert response.status_code == 422
    assert [fault["place"] for fault in response.json()["errors"]] == places


@pytest.mark.parametrize("agreed", [False, "true", 1, None])
async def test_a_registration_needs_the_holders_agreement(fund: Fund, agreed: object) -> None:
    person = fund.person()
    response = await fund.register(person.card, agreed=agreed)
    assert (response.status_code, response.json()["code"]) == (422, "request-invalid")
    [fault] = response.json()["errors"]
    assert fault["place"] == "body.agreed"
