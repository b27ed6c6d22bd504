"""An unmodified OAuth client signs in at a real server: authlib, by its public interface only."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from joserfc.jwk import ECKey

from eligibility_api.contract.tokens import Credential
from tests.builders.stack import PopulatedStack

DOCUMENT = Path(__file__).parents[2] / "docs" / "sign-in.md"


@pytest.fixture(scope="module")
def credential(stack: PopulatedStack) -> Credential:
    return Credential.load(Path(stack.wiring["TERMINAL_CREDENTIAL"]))


@pytest.fixture(scope="module")
def metadata(stack: PopulatedStack, credential: Credential) -> dict[str, Any]:
    """The server's metadata, found from its address alone, as a client finds it."""
    with OAuth2Session(credential.client_id) as client:
        answer = client.get(
            get_well_known_url(stack.wiring["TERMINAL_FUND_URL"], external=True), withhold_token=True
        )
    assert answer.status_code == 200
    document = answer.json()
    assert isinstance(document, dict)
    return document


def client(credential: Credential, audience: str, **claims: Any) -> OAuth2Session:
    """A client whose assertions live for a minute; authlib's own default, an hour, is too long for the fund."""
    method = PrivateKeyJWT(audience, claims={"exp": int(time.time()) + 60} | claims, alg="ES256")
    key = ECKey.import_key(credential.private_key)
    return OAuth2Session(credential.client_id, key, token_endpoint_auth_method=method)


def test_the_metadata_is_found_and_valid(stack: PopulatedStack, metadata: dict[str, Any]) -> None:
    assert metadata["issuer"] == stack.wiring["TERMINAL_FUND_URL"]
    document = AuthorizationServerMetadata(metadata)
    for name in AuthorizationServerMetadata.REGISTRY_KEYS:
        # This server is on loopback; the authorization endpoint and its keys are for other grants.
        if name not in {"issuer", "token_endpoint", "authorization_endpoint"}:
            getattr(document, f"validate_{name}")()
    assert document.token_endpoint_auth_methods_supported == ["private_key_jwt"]


@pytest.mark.parametrize("audience", ["token_endpoint", "issuer"])
def test_authlib_signs_in_and_calls_the_fund(
    stack: PopulatedStack, credential: Credential, metadata: dict[str, Any], audience: str
) -> None:
    with client(credential, metadata[audience]) as session:
        token = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
        assert (token["token_type"], token["expires_in"]) == ("Bearer", 300)
        assert "eligibility" in token["scope"].split()
        answer = session.post(
            f"{stack.wiring['TERMINAL_FUND_URL']}/v1/presence/challenges", json={"purpose": "eligibility"}
        )
    assert answer.status_code == 200
    assert answer.json()["challenge"]


def test_the_documented_example_runs_as_written(stack: PopulatedStack) -> None:
    [program] = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=stack.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert datetime.fromisoformat(done.stdout.strip()) > datetime.now(UTC)


def test_authlib_gets_a_token_of_a_narrower_scope(credential: Credential, metadata: dict[str, Any]) -> None:
    with client(credential, metadata["issuer"]) as session:
        token = session.fetch_token(
            metadata["token_endpoint"], grant_type="client_credentials", scope="eligibility"
        )
    assert token["scope"] == "eligibility"


@pytest.mark.parametrize(
    ("claims", "error", "sentence"),
    [
        ({"exp": int(time.time()) + 3600}, "invalid_client", "at most 300 seconds"),
        ({"aud": "https://other.example"}, "invalid_client", "for another audience"),
    ],
    ids=["too long", "another audience"],
)
def test_authlib_shows_why_it_was_refused(
    credential: Credential, metadata: dict[str, Any], claims: dict[str, Any], error: str, sentence: str
) -> None:
    with (
        client(credential, metadata["issuer"], **claims) as session,
        pytest.raises(OAuthError, match=sentence) as caught,
    ):
        session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
    assert caught.value.error == error


def test_authlibs_default_hour_is_refused_with_the_maximum(
    credential: Credential, metadata: dict[str, Any]
) -> None:
    key = ECKey.import_key(credential.private_key)
    method = PrivateKeyJWT(metadata["token_endpoint"], alg="ES256")
    with (
        OAuth2Session(credential.client_id, key, token_endpoint_auth_method=method) as session,
        pytest.raises(OAuthError, match="at most 300 seconds"),
    ):
        session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")


def test_authlib_shows_which_scope_a_client_lacks(credential: Credential, metadata: dict[str, Any]) -> None:
    with client(credential, metadata["issuer"]) as session, pytest.raises(OAuthError) as caught:
        session.fetch_token(
            metadata["token_endpoint"], grant_type="client_credentials", scope="enrolment-approval"
        )
    assert caught.value.error == "invalid_scope"
