"""The token endpoint's errors in OAuth's form, and the metadata of the server."""

from __future__ import annotations

import json
import re

import pytest

from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import CATALOGUE, Problem, ShikakuError
from eligibility_api.contract.oauth import OAuthError, ServerMetadata, TokenProblem, oauth_error

DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+")
"""The characters of `error_description` (RFC 6749 section 5.2)."""

ERRORS = [
    ("assertion-invalid", 401, "invalid_client"),
    ("assertion-missing", 401, "invalid_client"),
    ("assertion-too-long", 401, "invalid_client"),
    ("assertion-used", 401, "invalid_client"),
    ("grant-type-unsupported", 400, "unsupported_grant_type"),
    ("scope-exceeded", 400, "invalid_scope"),
    ("token-request-invalid", 400, "invalid_request"),
    ("request-too-large", 413, "invalid_request"),
    ("method-not-allowed", 405, "invalid_request"),
    ("not-found", 404, "invalid_request"),
    ("database-unavailable", 503, "temporarily_unavailable"),
    ("overloaded", 503, "temporarily_unavailable"),
    ("internal", 500, "server_error"),
]


@pytest.mark.parametrize(("code", "status", "error"), ERRORS)
def test_each_error_is_both_a_problem_and_an_oauth_error(code: str, status: int, error: str) -> None:
    document = json.loads(TokenProblem.of(ShikakuError(code), request_id="r").model_dump_json())
    problem = json.loads(Problem.of(ShikakuError(code), request_id="r").model_dump_json())
    assert {name: document[name] for name in problem} == problem
    assert (document["error"], document["status"]) == (error, status)
    assert DESCRIPTION.fullmatch(document["error_description"])


def test_every_error_of_the_catalogue_has_an_oauth_error() -> None:
    found = {oauth_error(ShikakuError(code)) for code in CATALOGUE}
    assert found == set(OAuthError)


def test_waiting_makes_an_error_temporary() -> None:
    assert oauth_error(ShikakuError("request-invalid", retry_after=3)) is OAuthError.TEMPORARILY_UNAVAILABLE


def test_a_terminal_reads_it_like_any_problem() -> None:
    text = TokenProblem.of(ShikakuError("overloaded", retry_after=2)).model_dump_json(exclude_none=True)
    read = Problem.model_validate_json(text)
    assert (read.code, read.retry_after) == ("overloaded", 2)


@pytest.mark.parametrize(
    "issuer", ["https://fund.example", "http://127.0.0.1:8400", "https://host.example/fund"]
)
def test_the_metadata_has_what_rfc_8414_requires(issuer: str) -> None:
    document = ServerMetadata.of(issuer).model_dump(mode="json")
    # Section 2. `authorization_endpoint` is required unless no supported grant type uses it; `jwks_uri` is optional.
    assert document == {
        "issuer": issuer,
        "token_endpoint": f"{issuer}/v1/token",
        "response_types_supported": ["none"],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "scopes_supported": sorted(Right),
        "tls_client_certificate_bound_access_tokens": True,  # RFC 8705 section 3.3
    }
