"""Signing in: an assertion is accepted once, from its own client, for this fund; a token is valid for five minutes."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey

from eligibility_api.contract.tokens import Credential
from tests.builders.fund import Fund
from tests.builders.token_requests import token_request

pytestmark = pytest.mark.anyio


def _form(fund: Fund, credential: Credential, *, key: ECKey | None = None, **claims: Any) -> dict[str, str]:
    """A token request whose assertion differs from a good one by `claims` or by its key."""
    return token_request(credential, fund.clock(), key=key, **claims)


async def test_a_valid_assertion_is_exchanged_for_a_working_token(fund: Fund) -> None:
    response = await fund.http.post("/v1/token", data=_form(fund, fund.clinic))
    assert response.status_code == 200
    assert response.json()["expires_in"] <= 300
    assert response.headers["Cache-Control"] == "no-store"
    assert await fund.challenge()


async def test_an_assertion_used_twice_is_refused(fund: Fund) -> None:
    form = _form(fund, fund.clinic)
    await fund.http.post("/v1/token", data=form)
    again = await fund.http.post("/v1/token", data=form)
    assert (again.status_code, again.json()["code"]) == (401, "assertion-used")


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "urn:another:fund"},
        {"exp": 1},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"iat": float("-inf")},
        {"iat": 4_000_000_000},
        {"jti": ""},
        {"jti": 7},
        {"jti": None},
        {"jti": "\ud800" * 8},
        {"jti": "\0" * 8},
        {"iss": "nobody", "sub": "nobody"},
        {"iss": "00000000-0000-4000-8000-000000000000", "sub": "00000000-0000-4000-8000-000000000000"},
        {"sub": "00000000-0000-4000-8000-000000000000"},
    ],
    ids=str,
)
async def test_an_assertion_that_is_wrong_in_one_claim_is_refused(fund: Fund, claims: dict[str, Any]) -> None:
    response = await fund.http.post("/v1/token", data=_form(fund, fund.clinic, **claims))
    assert (response.status_code, response.json()["code"]) == (401, "assertion-invalid")


async def test_an_assertion_signed_by_another_client_is_refused(fund: Fund) -> None:
    other = await fund.terminal()
    form = _form(fund, fund.clinic, key=ECKey.import_key(other.private_key))
    response = await fund.http.post("/v1/token", data=form)
    assert response.json()["code"] == "assertion-invalid"


def _part(text: str) -> str:
    """A part of a token in its compact form (RFC 7515 section 3.1)."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


HEADER = _part('{"alg": "ES256"}')
BOTTOMLESS = _part("[" * 2900)
INFINITE = _part('{"iss": 1e999}')


@pytest.mark.parametrize(
    "text",
    [
        "", "a.b", "a.b.c", "..", "é" * 50, "eyJhbGciOiJub25lIn0.e30.", f"{HEADER}.{BOTTOMLESS}.AA",
        f"{BOTTOMLESS}.e30.AA", f"{HEADER}.{INFINITE}.AA", "\0", f"{HEADER}.e30.AA\0",
    ],
    ids=lambda text: repr(text)[:40],
)  # fmt: skip
async def test_a_malformed_assertion_is_rejected(fund: Fund, text: str) -> None:
    form = _form(fund, fund.clinic) | {"client_assertion": text}
    response = await fund.http.post("/v1/token", data=form)
    assert response.json()["code"] in {"assertion-invalid", "assertion-missing", "token-request-invalid"}


async def test_a_closed_client_gets_no_token(fund: Fund) -> None:
    terminal = await fund.terminal()
    await fund.owner.fetch(
        "UPDATE client SET closed_at = now() WHERE client_id = $1::text::uuid", [terminal.client_id]
    )
    response = await fund.http.post("/v1/token", data=_form(fund, terminal))
    assert response.json()["code"] == "assertion-invalid"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "token-missing"),
        ("Basic YTpi", "token-missing"),
        ("Bearer rubbish", "token-invalid"),
        ("Bearer eyJhbGciOiJub25lIn0.e30.", "token-invalid"),
        (f"Bearer {BOTTOMLESS}.e30.AA", "token-invalid"),
    ],
)
async def test_a_request_without_a_valid_token_is_rejected(fund: Fund, header: str | None, code: str) -> None:
    headers = {"Authorization": header} if header else {}
    response = await fund.http.post(
        "/v1/presence/challenges", json={"purpose": "eligibility"}, headers=headers
    )
    assert (response.status_code, response.json()["code"]) == (401, code)
    assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_a_token_expires_although_its_signature_is_cached(fund: Fund) -> None:
    await fund.challenge()
    fund.clock.offset = timedelta(minutes=6)
    headers = {"Authorization": f"Bearer {await fund.token(fund.clinic)}"}
    response = await fund.http.post(
        "/v1/presence/challenges", json={"purpose": "eligibility"}, headers=headers
    )
    assert response.json()["code"] == "token-expired"


async def test_a_token_of_another_fund_and_an_assertion_as_token_are_refused(fund: Fund) -> None:
    elsewhere = fund.state.tokens.__class__(fund.state.keys.token, "urn:another:fund", 300)
    caller = fund.state.tokens.read(await fund.token(fund.clinic), fund.clock())
    for text in (
        elsewhere.issue(caller, fund.clock()),
        _form(fund, fund.clinic, key=fund.state.keys.token)["client_assertion"],
    ):
        headers = {"Authorization": f"Bearer {text}"}
        response = await fund.http.post(
            "/v1/presence/challenges", json={"purpose": "eligibility"}, headers=headers
        )
        assert response.json()["code"] == "token-invalid"


async def test_an_insurers_token_cannot_check_and_a_clinics_cannot_enrol(fund: Fund) -> None:
    asked = await fund.post("/v1/presence/challenges", {"purpose": "eligibility"}, fund.insurer)
    person = fund.person()
    enrolled = await fund.post(
        "/v1/enrolments/end",
        {
            "insurer_number": "01130012",
            "number": "1",
            "birth_date": person.resident.birth_date.isoformat(),
            "lost_on": "2026-01-01",
            "reason_of_loss": "99",
        },
        fund.clinic,
    )
    assert [asked.json()["code"], enrolled.json()["code"]] == ["right-missing", "right-missing"]
