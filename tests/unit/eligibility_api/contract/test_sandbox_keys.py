"""The fixed test key of a facility: the same on every machine, and another one for each facility."""

from __future__ import annotations

from datetime import UTC, datetime

from joserfc import jwt
from joserfc.jwk import ECKey

from eligibility_api.contract.sandbox_keys import (
    is_sandbox_key,
    sandbox_client_id,
    sandbox_credential,
    sandbox_key,
)
from eligibility_api.contract.tokens import client_assertion

CLINIC, PHARMACY = "1311111114", "1340100123"
AUDIENCE = "urn:shikaku:demo"


def test_the_key_of_a_code_never_changes() -> None:
    """Vendors keep it in their repositories."""
    assert str(sandbox_client_id(CLINIC)) == "1c4185ef-f936-54fc-ad14-c9b573701f19"
    assert sandbox_key(CLINIC).as_dict(private=True)["d"] == "ZWlih-JGK-douz-cuALyCFIn5_YQwqOWI_H8gHm8snI"


def test_each_facility_has_a_key_and_an_id_of_its_own() -> None:
    assert sandbox_client_id(CLINIC) != sandbox_client_id(PHARMACY)
    public = sandbox_key(CLINIC).as_dict(private=False)
    assert is_sandbox_key(CLINIC, public)
    assert not is_sandbox_key(PHARMACY, public)
    assert not is_sandbox_key(CLINIC, ECKey.generate_key("P-256").as_dict(private=False))
    assert not is_sandbox_key(CLINIC, {})


def test_the_credential_is_whole_without_any_file() -> None:
    credential = sandbox_credential(CLINIC, AUDIENCE)
    assert (credential.institution_code, credential.audience) == (CLINIC, AUDIENCE)
    assertion = client_assertion(credential, now=datetime.now(UTC), jti="12345678")
    claims = jwt.decode(assertion, sandbox_key(CLINIC), algorithms=["ES256"]).claims
    assert claims["iss"] == str(sandbox_client_id(CLINIC))
    assert sandbox_credential(CLINIC, AUDIENCE) == credential
