"""The fixed test key of each facility, which everybody can compute: a sandbox alone accepts it.

A vendor's tests then need no file that a fund wrote: code and audience give the same credential on every machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey

from eligibility_api.contract.tokens import Credential, private_key_pem

_LABEL = b"shikaku sandbox test key\0"
_CLIENTS = UUID("5f0c7a52-6d0b-5b3e-9c58-9a6f0c1d2e17")
"""The namespace of the ids of clients with a test key (RFC 9562 section 5.5)."""

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of P-256 (FIPS 186-5)."""


def sandbox_client_id(institution_code: str) -> UUID:
    """The id of the facility's client with the test key."""
    return uuid5(_CLIENTS, institution_code)


def sandbox_key(institution_code: str) -> ECKey:
    """The facility's test key, which is no secret: SHA-512 of a label and the code, reduced to a private key on P-256."""
    digest = hashlib.sha512(_LABEL + institution_code.encode("ascii")).digest()
    number = 1 + int.from_bytes(digest) % (_ORDER - 1)
    return ECKey.import_key(ec.derive_private_key(number, ec.SECP256R1()))


def sandbox_credential(institution_code: str, audience: str) -> Credential:
    """The credential of the facility's client with the test key, at the sandbox of this audience.

    It has no certificate for the visual check: J-LIS issues that, into the file of `facility add --test-key`.
    """
    key = sandbox_key(institution_code)
    return Credential(
        client_id=str(sandbox_client_id(institution_code)),
        audience=audience,
        private_key=dict(key.as_dict(private=True)),
        private_key_pem=private_key_pem(key),
        institution_code=institution_code,
    )


def is_sandbox_key(institution_code: str, public_key: Mapping[str, Any]) -> bool:
    """Whether a public key (JWK) is the facility's test key."""
    own = sandbox_key(institution_code).as_dict(private=False)
    return (own["x"], own["y"]) == (public_key.get("x"), public_key.get("y"))
