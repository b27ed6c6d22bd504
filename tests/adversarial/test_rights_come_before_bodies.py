"""Who may not call an operation gets no work done on what it sends: its body is not even read."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import APIRouter

from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import CATALOGUE
from eligibility_api.dependencies import RightsFirstRoute
from tests.builders.fund import Fund
from tests.builders.operations import MODULES, routes

POSTS = sorted(
    (route for route in routes() if "POST" in (route.methods or ()) and route.path != "/v1/token"),
    key=lambda route: route.path,
)
PATHS = [route.path for route in POSTS]
ID = "0190f5c4-7d1e-7c3b-8d6a-0123456789ab"
INSURERS = {Right.ENROLMENT, Right.CLAIMS, Right.APPROVAL}


class Body:
    """A body that counts how often it was read."""

    def __init__(self, content: bytes = b"{}") -> None:
        self.reads = 0
        self._content = content

    async def stream(self) -> AsyncIterator[bytes]:
        self.reads += 1
        yield self._content


def address(path: str) -> str:
    return "/".join(ID if part.startswith("{") else part for part in path.split("/"))


def code_of(response: httpx2.Response) -> str:
    """The code of a problem, or of the OperationOutcome that says the same."""
    body = response.json()
    code: str = body["code"] if "code" in body else body["issue"][0]["details"]["coding"][0]["code"]
    return code


def rights_of(path: str) -> frozenset[Right]:
    [route] = [route for route in POSTS if route.path == path]
    assert isinstance(route, RightsFirstRoute)
    return route.rights


def test_every_operation_with_a_body_knows_its_rights() -> None:
    assert len(POSTS) > 25
    assert [route.path for route in POSTS if not getattr(route, "rights", None)] == []
    assert any(isinstance(value, APIRouter) for module in MODULES for value in vars(module).values())


@pytest.mark.anyio
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "token", [None, "", "x", "e30.e30.e30"], ids=["none", "empty", "malformed", "forged"]
)
async def test_without_a_token_no_body_is_read(fund: Fund, path: str, token: str | None) -> None:
    body = Body()
    headers = {"Content-Type": "application/json", "Content-Length": "2"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    response = await fund.http.post(address(path), content=body.stream(), headers=headers)
    assert response.status_code == 401
    assert code_of(response) in {"token-missing", "token-invalid"}
    assert body.reads == 0


@pytest.mark.anyio
@pytest.mark.parametrize("path", PATHS)
async def test_without_a_right_no_body_is_read(fund: Fund, path: str) -> None:
    needed = rights_of(path)
    if needed <= INSURERS:
        client = fund.clinic
    elif needed.isdisjoint(INSURERS):
        client = fund.insurer
    else:
        client = await fund.terminal(rights=(Right.ELIGIBILITY,))
    body = Body()
    headers = {
        "Content-Type": "application/json",
        "Content-Length": "2",
        "Authorization": f"Bearer {await fund.token(client)}",
    }
    response = await fund.http.post(address(path), content=body.stream(), headers=headers)
    assert (response.status_code, code_of(response)) == (
        CATALOGUE["right-missing"].status,
        "right-missing",
    )
    assert body.reads == 0


@pytest.mark.anyio
async def test_with_token_and_right_the_body_is_read(fund: Fund) -> None:
    for path in ("/v1/eligibility/number", "/v1/eligibility/batches", "/v1/reference-numbers"):
        body = Body()
        headers = {
            "Content-Type": "application/json",
            "Content-Length": "2",
            "Authorization": f"Bearer {await fund.token(fund.clinic)}",
        }
        response = await fund.http.post(path, content=body.stream(), headers=headers)
        assert (response.status_code, response.json()["code"]) == (422, "request-invalid")
        assert body.reads == 1


@pytest.mark.anyio
async def test_an_expired_token_is_refused_before_the_body(fund: Fund) -> None:
    token = await fund.token(fund.clinic)
    async with fund.clock_offset(fund.state.settings.challenge_life * 20):
        for path in ("/v1/eligibility/card", "/v1/eligibility/batches"):
            body = Body(b"not json")
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
            response = await fund.http.post(path, content=body.stream(), headers=headers)
            assert response.json()["code"] == "token-expired"
            assert body.reads == 0
