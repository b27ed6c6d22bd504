"""What goes past the framework is answered as the framework answers it; what is amiss goes through it."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from eligibility_api.app import MAX_BODY_BYTES
from tests.builders.fund import Fund, Person

pytestmark = pytest.mark.anyio

NUMBER, CHALLENGE, CARD = "/v1/eligibility/number", "/v1/presence/challenges", "/v1/eligibility/card"
THROUGH_THE_FRAMEWORK = "application/json; charset=utf-8"
"""Said in more words, the same body is not of the lane's form."""


@pytest.fixture(scope="module")
async def person(fund: Fund) -> Person:
    return await fund.insured()


async def sent(
    fund: Fund, path: str, body: Any, kind: str = "application/json", **more: str
) -> httpx2.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {await fund.token(fund.clinic)}", "Content-Type": kind}
    return await fund.http.post(path, content=content, headers=headers | more)


def told(response: httpx2.Response) -> tuple[int, dict[str, str], dict[str, Any]]:
    """An answer without what is its own each time."""
    own = ("record_id", "answered_at", "request_id", "challenge", "expires_at")
    body = {name: value if name not in own else "…" for name, value in response.json().items()}
    return response.status_code, dict(response.headers) | {"x-request-id": "…"}, body


async def test_an_answer_is_the_same_on_both_ways(fund: Fund, person: Person) -> None:
    for path, body in ((NUMBER, fund.asked(person)), (CHALLENGE, {"purpose": "eligibility"})):
        lane, framework = (
            await sent(fund, path, body),
            await sent(fund, path, body, THROUGH_THE_FRAMEWORK),
        )
        assert lane.status_code == 200
        assert told(lane) == told(framework)


async def test_a_tap_is_the_same_on_both_ways(fund: Fund, person: Person) -> None:
    lane, framework = [
        await sent(fund, CARD, await fund.proof(person.card), kind)
        for kind in ("application/json", THROUGH_THE_FRAMEWORK)
    ]
    assert lane.status_code == 200
    assert told(lane) == told(framework)


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
async def test_a_body_that_is_amiss_is_refused_as_by_the_framework(fund: Fund, body: bytes) -> None:
    lane = await sent(fund, CHALLENGE, body)
    framework = await sent(fund, CHALLENGE, body, THROUGH_THE_FRAMEWORK)
    assert told(lane) == told(framework)


@pytest.mark.parametrize("kind", ["text/plain", "application/problem+json", ""])
async def test_another_kind_of_body_is_the_frameworks(fund: Fund, kind: str) -> None:
    response = await sent(fund, CHALLENGE, {"purpose": "eligibility"}, kind)
    assert response.status_code == (200 if kind == "application/problem+json" else 422)


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("", "token-missing"),
        ("Bearer ", "token-missing"),
        ("Bearer x.y.z", "token-invalid"),
        ("Basic eA==", "token-missing"),
    ],
)
async def test_a_token_that_does_not_hold_is_told_as_everywhere(
    fund: Fund, authorization: str, code: str
) -> None:
    response = await sent(fund, CHALLENGE, {"purpose": "eligibility"}, Authorization=authorization)
    assert (response.status_code, response.json()["code"]) == (401, code)


async def test_a_refusal_of_the_rule_is_a_problem_with_its_route_in_the_journal(
    fund: Fund, person: Person
) -> None:
    proof = await fund.proof(person.card)
    assert (await sent(fund, CARD, proof)).status_code == 200
    with capture_logs() as journal:
        response = await sent(fund, CARD, proof)
    assert (response.status_code, response.json()["code"]) == (409, "challenge-used")
    [line] = journal
    assert (line["route"], line["status"], line["code"]) == (CARD, 409, "challenge-used")


async def test_a_body_without_end_is_stopped_on_the_way_to_the_framework(fund: Fund) -> None:
    async def parts() -> Any:
        for _ in range(MAX_BODY_BYTES // 1024 + 1):
            yield b" " * 1024

    headers = {"Authorization": f"Bearer {await fund.token(fund.clinic)}", "Content-Type": "application/json"}
    response = await fund.http.post(CHALLENGE, content=parts(), headers=headers)
    assert response.json()["code"] == "request-too-large"
