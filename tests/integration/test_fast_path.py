"""The fast path answers like the framework, and passes invalid requests on to it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from tests.builders.fund import Fund
from tests.builders.people import Person
from tests.builders.real_server import Served, served

pytestmark = pytest.mark.anyio

NUMBER, CHALLENGE, CARD = "/v1/eligibility/number", "/v1/presence/challenges", "/v1/eligibility/card"
THROUGH_THE_FRAMEWORK = "application/json; charset=utf-8"
"""With this content type a request does not qualify for the fast path."""


@pytest.fixture(scope="module", autouse=True)
async def server(fund: Fund) -> AsyncIterator[Served]:
    """A server of the fund, through which all requests go."""
    async with served(fund.app) as running:
        in_process, fund.http = fund.http, running.http
        yield running
        fund.http = in_process


@pytest.fixture(scope="module")
async def person(fund: Fund) -> Person:
    return await fund.insured()


async def sent(
    fund: Fund, path: str, body: Any, kind: str = "application/json", **more: str
) -> httpx2.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {await fund.token(fund.clinic)}", "Content-Type": kind}
    return await fund.http.post(path, content=content, headers=headers | more)


def comparable(response: httpx2.Response) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Status, headers and body of a response, with the values masked that differ each time."""
    own = ("record_id", "answered_at", "request_id", "challenge", "expires_at")
    body: dict[str, Any] = {
        name: value if name not in own else "…" for name, value in response.json().items()
    }
    results: list[dict[str, Any]] = body.get("results", [])
    for result in results:
        result["limit_certificate_consent_at"] = "…"
    return response.status_code, dict(response.headers) | {"x-request-id": "…", "date": "…"}, body


async def test_fast_path_and_framework_answer_alike(fund: Fund, server: Served, person: Person) -> None:
    before = server.requests
    for path, body in ((NUMBER, fund.lookup_body(person)), (CHALLENGE, {"purpose": "eligibility"})):
        fast, framework = (
            await sent(fund, path, body),
            await sent(fund, path, body, THROUGH_THE_FRAMEWORK),
        )
        assert fast.status_code == 200
        assert comparable(fast) == comparable(framework)
    assert server.requests == before + 2


async def test_fast_path_and_framework_answer_a_tap_alike(fund: Fund, person: Person) -> None:
    fast, framework = [
        await sent(fund, CARD, await fund.proof(person.card), kind)
        for kind in ("application/json", THROUGH_THE_FRAMEWORK)
    ]
    assert fast.status_code == 200
    assert comparable(fast) == comparable(framework)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"purpose": "eligibility", "more": 1}',
        b'{"purpose": "consent"}',
        b'{"purpose": NaN}',
        '{"purpose": "eligibility"}'.encode("utf-16"),
        b'{"purpose": "\xff"}',
        b'{"purpose": "\\ud800"}',
        b"[" * 2000,
    ],
)
async def test_an_invalid_body_is_rejected_as_by_the_framework(fund: Fund, body: bytes) -> None:
    fast = await sent(fund, CHALLENGE, body)
    framework = await sent(fund, CHALLENGE, body, THROUGH_THE_FRAMEWORK)
    assert comparable(fast) == comparable(framework)


@pytest.mark.parametrize("kind", ["text/plain", "application/problem+json", ""])
async def test_another_content_type_is_left_to_the_framework(fund: Fund, kind: str) -> None:
    response = await sent(fund, CHALLENGE, {"purpose": "eligibility"}, kind)
    assert response.status_code == (200 if kind == "application/problem+json" else 422)


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("", "token-missing"),
        ("Bearer", "token-missing"),
        ("Bearer x.y.z", "token-invalid"),
        ("Basic eA==", "token-missing"),
    ],
)
async def test_an_invalid_token_is_rejected_as_elsewhere(fund: Fund, authorization: str, code: str) -> None:
    response = await sent(fund, CHALLENGE, {"purpose": "eligibility"}, Authorization=authorization)
    assert (response.status_code, response.json()["code"]) == (401, code)


async def test_a_refusal_is_a_problem_and_logged_with_its_route(fund: Fund, person: Person) -> None:
    proof = await fund.proof(person.card)
    assert (await sent(fund, CARD, proof)).status_code == 200
    with capture_logs() as log:
        response = await sent(fund, CARD, proof)
    assert (response.status_code, response.json()["code"]) == (409, "challenge-used")
    [line] = [line for line in log if line["event"] == "request"]
    assert (line["route"], line["status"], line["code"]) == (CARD, 409, "challenge-used")
