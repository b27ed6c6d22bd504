"""The fund's own keys, as files below its home that only their owner can read; and the trusted authorities.

- `token.jwk`: signs access tokens (ES256);
- `challenge.json`: MAC keys of presence challenges with their ids; the first issues, all are accepted;
- `version.key`: makes the versions of answers opaque;
- `second-factor.key`: encrypts the secrets of operators' second factors in the database;
- `webhook.key`: encrypts the secrets of webhooks in the database;
- `jlis-client.jwk`, `jlis-client.pub.pem`: authenticate the fund to J-LIS.
"""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from joserfc.jwk import ECKey

from eligibility_api.domain.certificate import TrustStore
from eligibility_api.domain.challenge import MacKeys
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.private_files import exclusive, write_private
from eligibility_api.platform.settings import Settings

_MAX_MAC_KEYS = 2


@dataclass(frozen=True, slots=True)
class FundKeys:
    """The keys of one fund."""

    token: ECKey
    challenge: MacKeys
    version: bytes
    second_factor: bytes
    webhook: bytes
    jlis_client: ECKey


def _create_missing(folder: Path) -> None:
    for path in (folder / "jlis-client.jwk", folder / "token.jwk"):
        if not path.exists():
            write_private(path, json.dumps(ECKey.generate_key("P-256").as_dict(private=True)).encode())
    for path in (folder / "version.key", folder / "second-factor.key", folder / "webhook.key"):
        if not path.exists():
            write_private(path, secrets.token_bytes(32))
    if not (folder / "challenge.json").exists():
        rotate_challenge_key(folder.parent)
    public, pem = folder / "jlis-client.pub.pem", _ec_key(folder / "jlis-client.jwk").as_pem(private=False)
    if not public.exists() or public.read_bytes() != pem:
        write_private(public, pem)


def _ec_key(path: Path) -> ECKey:
    return ECKey.import_key(json.loads(path.read_bytes()))


def _mac_keys(path: Path) -> MacKeys:
    listed = json.loads(path.read_bytes())
    keys = {bytes.fromhex(row["id"]): bytes.fromhex(row["key"]) for row in listed}
    return MacKeys(current=bytes.fromhex(listed[0]["id"]), keys=keys)


def rotate_challenge_key(home: Path) -> None:
    """Add a new current MAC key; the former one stays accepted, older ones are deleted.

    Workers read the keys at their start.
    """
    path = home / "keys" / "challenge.json"
    listed = json.loads(path.read_bytes()) if path.exists() else []
    new = {"id": secrets.token_hex(4), "key": secrets.token_hex(32)}
    write_private(path, json.dumps([new, *listed][:_MAX_MAC_KEYS]).encode())


def load_keys(home: Path, *, create: bool = True) -> FundKeys:
    """Load the keys below `home`. Missing ones are created if `create`; else raises OperatorError."""
    folder = home / "keys"
    if create:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with exclusive(folder):
            _create_missing(folder)
    try:
        return FundKeys(
            token=_ec_key(folder / "token.jwk"),
            challenge=_mac_keys(folder / "challenge.json"),
            version=(folder / "version.key").read_bytes(),
            second_factor=(folder / "second-factor.key").read_bytes(),
            webhook=(folder / "webhook.key").read_bytes(),
            jlis_client=_ec_key(folder / "jlis-client.jwk"),
        )
    except FileNotFoundError as error:
        raise OperatorError(
            f"The fund has no {error.filename}; `eligibility-api keys init` creates its keys."
        ) from error


def fingerprints(keys: FundKeys) -> dict[str, Any]:
    """What identifies each key without revealing it, for the audit record.

    Thumbprints of the key pairs (RFC 7638), the ids of the MAC keys, and a MAC of the other secrets.
    """
    return {
        "token": keys.token.thumbprint(),
        "jlis_client": keys.jlis_client.thumbprint(),
        "challenge": sorted(identity.hex() for identity in keys.challenge.keys),
        "version": _fingerprint(keys.version),
        "second_factor": _fingerprint(keys.second_factor),
        "webhook": _fingerprint(keys.webhook),
    }


def _fingerprint(secret: bytes) -> str:
    return hmac.digest(secret, b"shikaku key fingerprint", "sha256")[:16].hex()


def load_trust(settings: Settings) -> TrustStore:
    """Load the trust stores that the settings name. Raises OSError or ValueError."""
    signature = settings.signature_trust_store
    return TrustStore(
        _certificates(settings.trust_store), _certificates(signature) if signature is not None else ()
    )


def _certificates(path: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(path.read_bytes())
