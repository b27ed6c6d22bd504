"""Signing in as standard OAuth clients do: their requests byte by byte, audiences, scope, errors, metadata."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx2
import pytest
from joserfc.jwk import ECKey

from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import CATALOGUE
from eligibility_api.contract.oauth import METADATA_PATH
from tests.builders.database import Database
from tests.builders.fund import Fund, open_fund
from tests.builders.limits import limited
from tests.builders.token_requests import assertion, token_request

pytestmark = pytest.mark.anyio

URN, ISSUER = "urn:shikaku:fund", "https://fund.example"
TOKEN_URL = f"{ISSUER}/v1/token"


@pytest.fixture(scope="module")
async def fund(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fund]:
    """A fund that knows its public URL."""
    async with open_fund(database, tmp_path_factory.mktemp("fund"), public_url=ISSUER) as opened:
        yield opened


async def request_token(fund: Fund, more: dict[str, str] | None = None, **claims: Any) -> httpx2.Response:
    form = token_request(fund.clinic, fund.clock(), **claims) | (more or {})
    return await fund.http.post("/v1/token", data=form)


# -- Requests of standard clients ------------------------------------------------------------------------------------

_TYPE = "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
_HEADERS = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}
AUTHLIB = f"grant_type=client_credentials&{_TYPE}&client_assertion=ASSERTION"
AUTHLIB_SCOPE = f"grant_type=client_credentials&scope=eligibility&{_TYPE}&client_assertion=ASSERTION"
OPENID_CLIENT = f"grant_type=client_credentials&client_id=CLIENT&{_TYPE}&client_assertion=ASSERTION"
OPENID_CLIENT_SCOPE = f"scope=eligibility&{OPENID_CLIENT}"


@pytest.mark.parametrize(
    ("body", "aud", "scope"),
    [
        (AUTHLIB, TOKEN_URL, sorted(["eligibility", "registration", "visual-check", "consent"])),
        (AUTHLIB_SCOPE, TOKEN_URL, ["eligibility"]),
        (OPENID_CLIENT, ISSUER, sorted(["eligibility", "registration", "visual-check", "consent"])),
        (OPENID_CLIENT_SCOPE, ISSUER, ["eligibility"]),
    ],
    ids=[
        "authlib 1.9.10",
        "authlib 1.9.10 with scope",
        "openid-client 6.9.0",
        "openid-client 6.9.0 with scope",
    ],
)
async def test_the_bytes_that_a_standard_client_sends_sign_in(
    fund: Fund, body: str, aud: str, scope: list[str]
) -> None:
    # openid-client sends `nbf`, equal to `iat`.
    text = assertion(fund.clinic, fund.clock(), aud=aud, nbf=int(fund.clock().timestamp()))
    sent = body.replace("ASSERTION", text).replace("CLIENT", fund.clinic.client_id)
    response = await fund.http.post("/v1/token", content=sent.encode(), headers=_HEADERS)
    assert response.status_code == 200, response.text
    answer = response.json()
    assert (answer["token_type"], answer["scope"].split()) == ("Bearer", scope)
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"


async def test_the_public_url_does_not_change_what_a_card_signs(fund: Fund) -> None:
    person = await fund.insured()
    assert fund.clinic.audience == URN
    assert (await fund.tap(person.card)).json()["validity"] == "1"


# -- Audiences -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("aud", [URN, ISSUER, TOKEN_URL, [ISSUER], [URN, ISSUER, TOKEN_URL]], ids=str)
async def test_an_assertion_for_this_fund_signs_in(fund: Fund, aud: object) -> None:
    assert (await request_token(fund, aud=aud)).status_code == 200


@pytest.mark.parametrize(
    "aud",
    [
        "https://other.example", [ISSUER, "https://other.example"], ["https://other.example", TOKEN_URL], [], [None],
        None, 5, f"{ISSUER}/", f"{ISSUER}/v1/eligibility/card", "urn:shikaku:other",
    ],
    ids=str,
)  # fmt: skip
async def test_an_assertion_that_another_server_could_also_use_is_refused(fund: Fund, aud: object) -> None:
    response = await request_token(fund, aud=aud)
    assert (response.status_code, response.json()["code"]) == (401, "assertion-invalid")


# -- Client and scope ------------------------------------------------------------------------------------------------


async def test_a_client_id_must_be_the_assertions_client(fund: Fund) -> None:
    own = await request_token(fund, {"client_id": fund.clinic.client_id})
    assert own.status_code == 200
    for other in (fund.insurer.client_id, "terminal", fund.clinic.client_id.upper(), "\N{SNOWMAN}"):
        response = await request_token(fund, {"client_id": other})
        assert (response.status_code, response.json()["error"]) == (401, "invalid_client"), other


async def test_a_token_of_a_narrower_scope_lacks_the_other_rights(fund: Fund) -> None:
    response = await request_token(fund, {"scope": "registration"})
    assert response.json()["scope"] == "registration"
    headers = {"Authorization": f"Bearer {response.json()['access_token']}"}
    codes = [
        (await fund.http.post("/v1/presence/challenges", json={"purpose": purpose}, headers=headers)).json()
        for purpose in ("eligibility", "first-registration")
    ]
    assert codes[0]["code"] == "right-missing"
    assert "challenge" in codes[1]


async def test_a_scope_beyond_the_clients_rights_is_refused_and_uses_nothing(fund: Fund) -> None:
    form = token_request(fund.clinic, fund.clock())
    for scope in ("enrolment", "eligibility openid", Right.APPROVAL.value):
        response = await fund.http.post("/v1/token", data=form | {"scope": scope})
        assert (response.status_code, response.json()["error"]) == (400, "invalid_scope"), scope
    assert (await fund.http.post("/v1/token", data=form)).status_code == 200


async def test_a_scope_is_checked_after_the_client(fund: Fund) -> None:
    response = await request_token(fund, {"scope": "openid"}, jti="")
    assert response.json()["error"] == "invalid_client"


# -- Errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "status", "error", "code"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type", "grant-type-unsupported"),
        ({"grant_type": ""}, 400, "invalid_request", "token-request-invalid"),
        ({"client_assertion": ""}, 401, "invalid_client", "assertion-missing"),
        ({"client_assertion_type": "other"}, 401, "invalid_client", "assertion-missing"),
        ({"client_assertion": "a.b.c"}, 401, "invalid_client", "assertion-invalid"),
        ({"client_assertion": "x" * 5000}, 400, "invalid_request", "token-request-invalid"),
        ({"client_id": "other"}, 401, "invalid_client", "assertion-invalid"),
        ({"scope": "openid"}, 400, "invalid_scope", "scope-exceeded"),
    ],
    ids=lambda value: str(value)[:50],
)
async def test_an_error_has_the_members_of_oauth_and_of_a_problem(
    fund: Fund, change: dict[str, str], status: int, error: str, code: str
) -> None:
    response = await request_token(fund, change)
    document = response.json()
    assert (response.status_code, document["error"], document["code"]) == (status, error, code)
    assert document["title"] == CATALOGUE[code].engineer
    assert document["error_description"].startswith(CATALOGUE[code].engineer)
    assert (document["status"], document["type"]) == (status, f"/problems/{code}")
    # RFC 6749 section 5.2; clients stop reading at a challenge of a scheme that they did not use.
    assert response.headers["content-type"] == "application/json"
    assert "www-authenticate" not in response.headers


async def test_a_wrong_claim_is_named_in_both_forms_and_a_wrong_key_is_not(fund: Fund) -> None:
    wrong = (await request_token(fund, aud="https://other.example", jti="short")).json()
    assert wrong["errors"] == [
        {"place": "body.client_assertion.aud", "rule": "audience"},
        {"place": "body.client_assertion.jti", "rule": "8_to_128_printable_characters"},
    ]
    assert wrong["error_description"].endswith(
        "At fault: body.client_assertion.aud (audience),"
        " body.client_assertion.jti (8_to_128_printable_characters)."
    )
    assert "other.example" not in str(wrong)
    by_form = (await request_token(fund, {"client_id": "other"})).json()
    assert by_form["errors"] == [{"place": "body.client_id", "rule": "equals_iss"}]


async def test_an_unknown_client_and_a_wrong_key_are_refused_alike(fund: Fund) -> None:
    """Wrong claims are not named either: they would show that the client exists."""
    unknown: dict[str, Any] = {
        "iss": str(UUID(int=1)),
        "sub": str(UUID(int=1)),
        "aud": "https://other.example",
    }
    refusals = [
        (await request_token(fund, **unknown)).json(),
        (await request_token(fund, key=ECKey.generate_key("P-256"), aud="https://other.example")).json(),
    ]
    for refusal in refusals:
        del refusal["request_id"]
    assert refusals[0] == refusals[1]
    assert "errors" not in refusals[0]


async def test_an_assertion_that_lives_too_long_is_answered_with_the_maximum(fund: Fund) -> None:
    response = await request_token(fund, exp=int(fund.clock().timestamp()) + 3600)
    document = response.json()
    assert (response.status_code, document["error"]) == (401, "invalid_client")
    assert "at most 300 seconds" in document["error_description"]


async def test_a_fault_of_the_form_is_named_without_its_value(fund: Fund) -> None:
    body = "scope=secret&scope=secret"
    response = await fund.http.post("/v1/token", content=body.encode(), headers=_HEADERS)
    assert response.json()["errors"] == [{"place": "body.scope", "rule": "repeated"}]
    assert "secret" not in response.text


async def test_an_assertion_used_twice_and_another_method_have_oauths_form_too(fund: Fund) -> None:
    form = token_request(fund.clinic, fund.clock())
    await fund.http.post("/v1/token", data=form)
    again, wrong = await fund.http.post("/v1/token", data=form), await fund.http.get("/v1/token")
    assert [again.json()["error"], wrong.json()["error"]] == ["invalid_client", "invalid_request"]
    assert [again.json()["code"], wrong.json()["code"]] == ["assertion-used", "method-not-allowed"]


async def test_other_endpoints_answer_with_problems_alone(fund: Fund) -> None:
    response = await fund.http.post("/v1/presence/challenges", json={"purpose": "eligibility"})
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["www-authenticate"] == "Bearer"
    assert "error" not in response.json()


# -- Metadata --------------------------------------------------------------------------------------------------------


async def test_the_metadata_is_public_and_names_where_to_sign_in(fund: Fund) -> None:
    response = await fund.http.get(METADATA_PATH)
    document = response.json()
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert (document["issuer"], document["token_endpoint"]) == (ISSUER, TOKEN_URL)
    assert document["response_types_supported"] == ["none"]
    path = document["token_endpoint"].removeprefix(ISSUER)
    form = token_request(fund.clinic, fund.clock(), aud=document["issuer"])
    assert (await fund.http.post(path, data=form)).status_code == 200


async def test_the_host_of_a_request_does_not_change_the_issuer(fund: Fund) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    assert (await fund.http.get(METADATA_PATH, headers=headers)).json()["issuer"] == ISSUER
    refused = await request_token(fund, aud=f"https://{quote('evil.example')}/v1/token")
    assert refused.json()["code"] == "assertion-invalid"


async def test_a_fund_without_a_public_url_has_no_metadata(fund: Fund) -> None:
    with limited(fund, public_url=None):
        response = await fund.http.get(METADATA_PATH)
        assert (response.status_code, response.json()["code"]) == (404, "not-found")
        assert (await request_token(fund, aud=ISSUER)).json()["code"] == "assertion-invalid"
        assert (await request_token(fund, aud=URN)).status_code == 200
