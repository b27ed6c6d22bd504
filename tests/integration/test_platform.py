"""What all answers have in common: problems, health, limits, the interface's description."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from pydantic import BaseModel

from eligibility_api.contract import examples
from eligibility_api.contract.eligibility import (
    CardCheckRequest,
    EligibilityAnswer,
    NumberCheckRequest,
    VisualCheckRequest,
)
from eligibility_api.contract.enrolment import IDEMPOTENCY_KEY, EndRequest, EnrolmentRequest
from eligibility_api.contract.notice import NOTICE_PATH, STATUS_PATH, FundPart, StatusNotice
from eligibility_api.contract.references import ReferenceRegistration
from eligibility_api.contract.registration import RegistrationRequest
from eligibility_api.contract.tokens import token_form
from eligibility_api.database.connections import Database
from eligibility_api.database.migrate import migrate
from eligibility_api.embedded_postgres.server import DATABASE, EmbeddedPostgres
from eligibility_api.health import readyz
from tests.builders.database import Database as EmptyDatabase
from tests.builders.fund import Fund, open_fund

pytestmark = pytest.mark.anyio


async def test_liveness_and_readiness_are_reported(fund: Fund) -> None:
    await fund.mirror()
    assert (await fund.http.get("/healthz")).json() == {"status": "ok"}
    ready = await fund.http.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)


async def test_with_a_stale_mirror_it_is_ready_and_reports_it_because_ocsp_decides(fund: Fund) -> None:
    await fund.batch.fetch("UPDATE authority SET checked_at = now() - interval '1 day'", [])
    response = await fund.http.get("/readyz")
    await fund.mirror()
    fresh = await fund.http.get("/readyz")
    assert (response.status_code, response.json()["revocation_mirror"]) == (200, False)
    assert 86400 <= response.json()["revocation_age_seconds"] < 86460
    assert 0 <= fresh.json()["revocation_age_seconds"] < 60


async def test_the_age_of_a_mirror_that_lacks_a_list_is_not_known(fund: Fund) -> None:
    await fund.owner.fetch("DELETE FROM authority", [])
    response = await fund.http.get("/readyz")
    await fund.mirror()
    assert response.json()["revocation_age_seconds"] is None
    assert not response.json()["revocation_mirror"]


async def test_on_a_database_without_tables_it_is_not_ready_and_reports_the_reason(
    fund: Fund, postgres: EmbeddedPostgres
) -> None:
    empty = Database(postgres.dsn("api"))
    await empty.open()
    response = httpx2.Response(200)
    readiness = await readyz(response, dataclasses.replace(fund.state, database=empty))  # type: ignore[arg-type]
    await empty.close()
    assert response.status_code == 503
    assert (readiness.database, readiness.migrated) == (True, False)


async def test_the_notice_and_its_page_need_no_token(fund: Fund) -> None:
    await fund.mirror()
    response = await fund.http.get(NOTICE_PATH)
    notice = StatusNotice.model_validate_json(response.content)
    assert {state.part: state.in_order for state in notice.parts} == dict.fromkeys(FundPart, True)
    page = await fund.http.get(STATUS_PATH)
    assert (response.status_code, page.status_code) == (200, 200)
    assert "稼働状況" in page.text


async def test_metrics_have_routes_and_codes_but_no_paths(fund: Fund) -> None:
    await fund.http.get("/v1/secret-number-12345")
    text = (await fund.http.get("/metrics")).text
    assert "shikaku_http_requests_total" in text
    assert "secret-number" not in text  # its digits alone may stand in a time


async def test_unknown_paths_and_methods_are_answered_with_a_problem(fund: Fund) -> None:
    missing = await fund.http.get("/v1/nothing")
    wrong = await fund.http.get("/v1/token")
    assert [missing.json()["code"], wrong.json()["code"]] == ["not-found", "method-not-allowed"]
    assert missing.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("body", ["", "{", "[]", '"x"', "null", "{}", '{"challenge": 5}', "\x00", "[" * 5000])
async def test_an_invalid_body_is_rejected_with_a_clear_error(fund: Fund, body: str) -> None:
    headers = {"Authorization": f"Bearer {await fund.token(fund.clinic)}", "Content-Type": "application/json"}
    response = await fund.http.post("/v1/eligibility/card", content=body, headers=headers)
    assert (response.status_code, response.json()["code"]) == (422, "request-invalid")


MEMBER: dict[str, Any] = {
    "insurer_number": "01130012",
    "symbol": "見本",
    "number": "1",
    "relationship": "1",
    "name": "試験　見本",
    "name_kana": "シケン　ミホン",
    "sex": "2",
    "birth_date": "1980-05-17",
    "address": "架空県見本市",
    "acquired_on": "2024-04-01",
}
PROOF = {
    "challenge": "c",
    "certificate": "AA==",
    "signature": "AA==",
    "operator": "受付",
    "known_version": "v",
}


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        *(("/v1/eligibility/visual-check", PROOF, name) for name in ("operator", "known_version")),
        *(
            ("/v1/eligibility/number", examples.NUMBER | {"known_version": "v"}, name)
            for name in ("symbol", "number", "known_version")
        ),
        ("/v1/reference-numbers", examples.REFERENCE, "reference_number"),
        *(("/v1/enrolments", MEMBER, name) for name in ("symbol", "number", "name", "name_kana", "address")),
    ],
)
@pytest.mark.parametrize("character", ["\0", "\n", "\x1b", "\x7f", "\x85", "\ud800"], ids=ascii)
async def test_a_control_character_in_a_text_is_refused(
    fund: Fund, path: str, body: dict[str, Any], name: str, character: str
) -> None:
    text = json.dumps(body | {name: f"{body[name]}{character}{body[name]}"})
    client = fund.insurer if body is MEMBER else fund.clinic
    headers = {"Authorization": f"Bearer {await fund.token(client)}", "Content-Type": "application/json"}
    headers[IDEMPOTENCY_KEY] = "key"
    response = await fund.http.post(path, content=text, headers=headers)
    assert (response.status_code, response.json()["code"]) == (422, "request-invalid")
    assert response.json()["errors"][0]["place"] == f"body.{name}"


async def test_answers_of_the_interface_must_not_be_cached(fund: Fund) -> None:
    person = await fund.insured()
    assert (await fund.tap(person.card)).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/token", "POST"),
        ("OPTIONS", "/v1/consents", "GET, POST"),
        ("OPTIONS", "/v1/medical-tickets", "GET, POST"),
        ("PATCH", "/v1/webhooks", "GET, POST"),
        ("OPTIONS", "/v1/members/search", "POST"),
        ("PUT", "/v1/consents/own-page", "GET"),
        ("POST", "/healthz", "GET"),
    ],
)
async def test_an_unsupported_method_is_answered_with_the_allowed_ones(
    fund: Fund, method: str, path: str, allowed: str
) -> None:
    response = await fund.http.request(
        method, path, headers={"Authorization": f"Bearer {await fund.token(fund.clinic)}"}
    )
    assert (response.status_code, response.headers["Allow"]) == (405, allowed)


@dataclasses.dataclass
class Breakable:
    """A fund with a database server of its own."""

    server: EmbeddedPostgres
    fund: Fund


@pytest.fixture(scope="module")
async def breakable(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Breakable]:
    home: Path = tmp_path_factory.mktemp("breakable")
    with EmbeddedPostgres(home / "postgres") as server:
        database = EmptyDatabase(server, DATABASE)
        await migrate(database.dsn("owner"))
        async with open_fund(database, home) as fund:
            yield Breakable(server, fund)


async def _while_broken(fund: Fund, proof: dict[str, Any]) -> list[httpx2.Response]:
    """The answers to a tap and to a token request."""
    form = token_form(fund.clinic, now=fund.clock(), jti=uuid4().hex)
    return [await fund.post("/v1/eligibility/card", proof), await fund.http.post("/v1/token", data=form)]


def _is_technical(response: httpx2.Response) -> bool:
    problem = (response.status_code, response.json()["code"], response.json()["kind"])
    return problem == (503, "database-unavailable", "technical") and int(response.headers["Retry-After"]) > 0


async def test_without_the_database_the_answer_is_a_technical_failure_and_no_nonce_is_used(
    breakable: Breakable,
) -> None:
    fund = breakable.fund
    proof = await fund.proof((await fund.insured()).card)
    breakable.server.stop()
    answers = await _while_broken(fund, proof)
    ready = await fund.http.get("/readyz")
    notice = await fund.http.get(NOTICE_PATH)
    breakable.server.start()

    assert [_is_technical(answer) for answer in answers] == [True, True]
    assert (ready.status_code, ready.json()["database"]) == (503, False)
    assert notice.status_code == 200
    assert not any(state["in_order"] for state in notice.json()["parts"])
    assert len(notice.json()["parts"]) == len(FundPart)
    assert [answer.status_code for answer in await _while_broken(fund, proof)] == [200, 200]


async def test_without_partitions_no_nonce_can_be_used_and_it_is_not_ready(breakable: Breakable) -> None:
    fund = breakable.fund
    proof = await fund.proof((await fund.insured()).card)
    await fund.owner.fetch(
        """DO $$ DECLARE part regclass; BEGIN
               FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'used_nonce'::regclass
               LOOP EXECUTE format('DROP TABLE %s', part); END LOOP; END $$""",
        [],
    )
    answers = await _while_broken(fund, proof)
    ready = await fund.http.get("/readyz")
    await fund.owner.fetch("SELECT maintain_used_nonces()", [])

    assert [_is_technical(answer) for answer in answers] == [True, True]
    assert (ready.status_code, ready.json()["partitions"], ready.json()["migrated"]) == (503, False, True)
    assert [answer.status_code for answer in await _while_broken(fund, proof)] == [200, 200]


async def test_the_interface_is_described_with_examples_of_every_error(fund: Fund) -> None:
    document = (await fund.http.get("/openapi.json")).json()
    post = document["paths"]["/v1/eligibility/card"]["post"]
    examples = post["responses"]["409"]["content"]["application/problem+json"]["examples"]
    assert {"challenge-used", "first-registration-needed"} <= set(examples)
    asked = document["paths"]["/v1/eligibility/number"]["post"]["responses"]
    described = {
        code
        for response in asked.values()
        for code in response.get("content", {}).get("application/problem+json", {}).get("examples", {})
    }
    assert {"known-at-not-asked", "eligibility-not-confirmable", "number-miss-limit"} <= described
    assert "my_number" not in json.dumps(document).lower()


@pytest.mark.parametrize(
    "model",
    [
        CardCheckRequest,
        VisualCheckRequest,
        NumberCheckRequest,
        ReferenceRegistration,
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
