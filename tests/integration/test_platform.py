"""What every answer has in common: problems, health, limits, the interface's description."""

from __future__ import annotations

import json

import pytest
from pydantic import BaseModel

from eligibility_api.contract.eligibility import CardCheckRequest, EligibilityAnswer, VisualCheckRequest
from eligibility_api.contract.enrolment import EndRequest, EnrolmentRequest
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.registration import RegistrationRequest
from eligibility_api.platform.database import Database
from eligibility_api.platform.tables import table_of
from tests.builders.fund import Fund

pytestmark = pytest.mark.anyio


async def test_it_is_alive_and_ready(fund: Fund) -> None:
    await fund.mirror()
    assert (await fund.http.get("/healthz")).json() == {"status": "ok"}
    ready = await fund.http.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)


async def test_with_a_stale_mirror_it_is_not_ready_and_says_why(fund: Fund) -> None:
    await fund.batch.fetch("UPDATE authority SET checked_at = now() - interval '1 day'", [])
    response = await fund.http.get("/readyz")
    await fund.mirror()
    assert (response.status_code, response.json()["revocation_mirror"]) == (503, False)
    assert response.json()["database"] is True


async def test_metrics_tell_routes_and_codes_and_no_paths(fund: Fund) -> None:
    await fund.http.get("/v1/secret-number-12345")
    text = (await fund.http.get("/metrics")).text
    assert "shikaku_requests_total" in text
    assert "12345" not in text


async def test_what_is_not_there_is_a_problem_too(fund: Fund) -> None:
    missing = await fund.http.get("/v1/nothing")
    wrong = await fund.http.get("/v1/token")
    assert [missing.json()["code"], wrong.json()["code"]] == ["not-found", "method-not-allowed"]
    assert missing.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("body", ["", "{", "[]", '"x"', "null", "{}", '{"challenge": 5}', "\x00", "[" * 5000])
async def test_a_body_that_is_none_is_a_clear_error(fund: Fund, body: str) -> None:
    headers = {"Authorization": f"Bearer {await fund.token(fund.clinic)}", "Content-Type": "application/json"}
    response = await fund.http.post("/v1/eligibility/card", content=body, headers=headers)
    assert (response.status_code, response.json()["code"]) == (422, "request-invalid")


async def test_a_megabyte_is_too_large(fund: Fund) -> None:
    person = fund.person()
    proof = await fund.proof(person.card)
    response = await fund.post("/v1/eligibility/card", proof | {"certificate": "A" * 1_000_000})
    assert (response.status_code, response.json()["code"]) == (413, "request-too-large")


async def test_with_the_database_away_the_answer_is_a_technical_failure(fund: Fund) -> None:
    person = await fund.insured()
    proof = await fund.proof(person.card)
    away = Database("postgresql://api:none@/none?host=%2Fnonexistent")
    await away.open()
    with pytest.raises(ShikakuError) as error:
        await away.fetch("SELECT 1", [])
    await away.close()
    assert (error.value.code, error.value.entry.kind) == ("database-unavailable", "technical")
    assert error.value.retry_after
    assert (await fund.post("/v1/eligibility/card", proof)).status_code == 200


async def test_the_tables_in_the_code_are_the_tables_in_the_database(fund: Fund) -> None:
    from sqlmodel import SQLModel

    import eligibility_api.audit.tables
    import eligibility_api.enrolment.tables
    import eligibility_api.facilities.tables
    import eligibility_api.presence.tables

    described = {
        name: {column.name: column.nullable for column in table.columns}
        for name, table in SQLModel.metadata.tables.items()
    }
    rows = await fund.owner.fetch(
        """SELECT table_name, column_name, is_nullable = 'YES' AS nullable FROM information_schema.columns
           WHERE table_schema = 'public' AND table_name = ANY ($1::text[])""",
        [list(described)],
    )
    found: dict[str, dict[str, bool]] = {}
    for row in rows:
        found.setdefault(row["table_name"], {})[row["column_name"]] = row["nullable"]
    assert found == described
    assert table_of(eligibility_api.presence.tables.Spent).name in found


async def test_the_interface_is_described_with_examples_of_every_error(fund: Fund) -> None:
    document = (await fund.http.get("/openapi.json")).json()
    post = document["paths"]["/v1/eligibility/card"]["post"]
    examples = post["responses"]["409"]["content"]["application/problem+json"]["examples"]
    assert {"challenge-used", "first-registration-needed"} <= set(examples)
    assert "my_number" not in json.dumps(document).lower()


@pytest.mark.parametrize(
    "model",
    [
        CardCheckRequest,
        VisualCheckRequest,
        RegistrationRequest,
        EnrolmentRequest,
        EndRequest,
        EligibilityAnswer,
    ],
)
def test_the_examples_of_the_description_are_valid(model: type[BaseModel]) -> None:
    examples = model.model_json_schema()["examples"]
    assert examples
    for example in examples:
        model.model_validate_json(json.dumps(example))
