"""The fast path for history requests answers like the framework, and passes invalid requests on to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx2
import pytest
from structlog.testing import capture_logs

from eligibility_api.contract.codes import Category
from eligibility_api.contract.history import OPERATOR_HEADER, ROLE_HEADER, HistoryResource
from tests.builders.fund import Fund
from tests.builders.real_server import Served, served

pytestmark = pytest.mark.anyio

WHOLE = {"limit": 200}
"""The default query: written out, it makes a request go through the framework."""


@pytest.fixture(scope="module", autouse=True)
async def server(fund: Fund) -> AsyncIterator[Served]:
    """A server of the fund, through which all requests go."""
    async with served(fund.app) as running:
        in_process, fund.http = fund.http, running.http
        yield running
        fund.http = in_process


@pytest.fixture(scope="module")
async def consent(fund: Fund) -> str:
    response = await fund.consent((await fund.insured()).card, [category.value for category in Category])
    return str(response.json()["consent_id"])


async def look(fund: Fund, path: str, headers: dict[str, str], **query: Any) -> httpx2.Response:
    authorization = {"Authorization": f"Bearer {await fund.token(fund.clinic)}"}
    return await fund.http.get(path, headers=authorization | headers, params=query)


def comparable(response: httpx2.Response) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Status, headers and body of a response, with the values masked that differ each time."""
    own = ("record_id", "answered_at", "request_id")
    body = {name: value if name not in own else "…" for name, value in response.json().items()}
    return response.status_code, dict(response.headers) | {"x-request-id": "…", "date": "…"}, body


async def both(fund: Fund, path: str, headers: dict[str, str]) -> httpx2.Response:
    """The response of the fast path; asserts that it equals the framework's."""
    fast, framework = await look(fund, path, headers), await look(fund, path, headers, **WHOLE)
    assert comparable(fast) == comparable(framework)
    return fast


@pytest.mark.parametrize("look_up", HistoryResource)
async def test_fast_path_and_framework_answer_a_history_request_alike(
    fund: Fund, server: Served, consent: str, look_up: HistoryResource
) -> None:
    before = server.requests
    doctor = {ROLE_HEADER: "doctor", OPERATOR_HEADER: quote("医師　見本")}
    assert (await both(fund, f"/v1/consents/{consent}/{look_up}", doctor)).status_code == 200
    assert server.requests == before + 1
    [first, second] = (await fund.records("kind = $1", f"history.{look_up}"))[-2:]
    own = ("record_id", "recorded_at", "salt", "written_by")
    assert {**first, **dict.fromkeys(own)} == {**second, **dict.fromkeys(own)}


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "role-not-permitted"),
        ({ROLE_HEADER: "reception"}, "role-not-permitted"),
        ({ROLE_HEADER: "authorised-staff", OPERATOR_HEADER: "nobody"}, "staff-not-authorised"),
        ({ROLE_HEADER: ""}, "request-invalid"),
        ({ROLE_HEADER: "king"}, "request-invalid"),
        ({ROLE_HEADER: "doctor", OPERATOR_HEADER: ""}, "request-invalid"),
        ({ROLE_HEADER: "doctor", OPERATOR_HEADER: "%FF"}, "request-invalid"),
        ({ROLE_HEADER: "doctor", OPERATOR_HEADER: "x" * 61}, "request-invalid"),
        ({ROLE_HEADER: "doctor", OPERATOR_HEADER: "%00"}, "request-invalid"),
        ({ROLE_HEADER: "doctor", "Authorization": ""}, "token-missing"),
        ({ROLE_HEADER: "doctor", "Authorization": "Bearer x.y.z"}, "token-invalid"),
    ],
)
async def test_an_invalid_history_request_is_rejected_as_by_the_framework(
    fund: Fund, consent: str, headers: dict[str, str], code: str
) -> None:
    response = await both(fund, f"/v1/consents/{consent}/medications", headers)
    assert response.json()["code"] == code


@pytest.mark.parametrize("address", ["/v1/consents", "/v1/emergencies", "/v1/disaster-permits"])
async def test_a_permit_under_another_address_is_not_found(fund: Fund, consent: str, address: str) -> None:
    response = await both(fund, f"{address}/{uuid4()}/treatments", {ROLE_HEADER: "doctor"})
    assert response.status_code in {403, 404}
    if address != "/v1/consents":
        response = await both(fund, f"{address}/{consent}/treatments", {ROLE_HEADER: "doctor"})
        assert response.status_code in {403, 404}


async def test_another_spelling_of_an_id_is_left_to_the_framework(fund: Fund, consent: str) -> None:
    for spelt in (consent.upper(), UUID(consent).hex, "no-id", f"urn:uuid:{consent}"):
        response = await both(fund, f"/v1/consents/{spelt}/diagnoses", {ROLE_HEADER: "doctor"})
        assert response.status_code == (422 if spelt == "no-id" else 200)


async def test_the_access_log_names_the_route(fund: Fund, consent: str) -> None:
    with capture_logs() as log:
        await look(fund, f"/v1/consents/{consent}/surgeries", {ROLE_HEADER: "doctor"})
    [line] = [line for line in log if line["event"] == "request"]
    assert (line["route"], line["status"]) == ("/v1/consents/{permit_id}/surgeries", 200)


async def test_fast_path_and_framework_answer_a_consent_alike(fund: Fund, server: Served) -> None:
    card = (await fund.insured()).card
    before = server.requests
    answers = []
    for kind in ("application/json", "application/json; charset=utf-8"):
        record = (await fund.tap(card)).json()["record_id"]
        request = {"presence_record": record, "categories": ["medication"], "care": "2", "language": "en"}
        asked = await fund.post("/v1/consents/challenges", request, headers={"Content-Type": kind})
        assert asked.status_code == 200
        body = fund.signed_consent(card, asked.json(), record)
        given = await fund.post("/v1/consents", body, headers={"Content-Type": kind})
        assert given.status_code == 201
        answers.append((asked.json()["statement"], given.json().keys(), given.json()["allowed"][0].keys()))
    assert answers[0] == answers[1]
    assert server.requests == before + 2
