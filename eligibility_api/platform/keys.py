"""The fund's own keys, in files that only their owner can read (`key_files.py`); and the trusted authorities.

- `token.jwk`: signs access tokens (ES256); `token.jwks` in its place once it was rotated (`key_ring.py`);
- `challenge.json`: MAC keys of presence challenges with their ids, newest first;
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
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from eligibility_api.domain.certificate import TrustStore
from eligibility_api.domain.challenge import MacKeys
from eligibility_api.platform.clock import system_clock
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.key_files import KeyFiles
from eligibility_api.platform.key_ring import LEAD, KeyRing, RingKey
from eligibility_api.platform.private_files import exclusive, write_private
from eligibility_api.platform.settings import Settings

_BEGINS = "from"
"""The member of a key that says when it begins to sign (ISO 8601). Earlier releases ignore it."""

_SECRET_BYTES = 32

MacKey = tuple[bytes, bytes]
"""Id and key."""


@dataclass(frozen=True, slots=True)
class FundKeys:
    """The keys of one fund, as of an instant."""

    token: ECKey
    challenge: MacKeys
    version: bytes
    second_factor: bytes
    webhook: bytes
    jlis_client: ECKey


@dataclass(frozen=True, slots=True)
class Rings:
    """The keys that are rotated while the fund serves."""

    token: KeyRing[ECKey]
    challenge: KeyRing[MacKey]

    def challenges(self, now: datetime) -> MacKeys:
        """The MAC keys of challenges."""
        return MacKeys(current=self.challenge.signing(now)[0], keys=dict(self.challenge.verifying(now)))


def _create_missing(folder: Path) -> None:
    rotated = (folder / "token.jwks").exists()
    for path in (folder / "jlis-client.jwk", folder / "token.jwk"):
        if not path.exists() and not (rotated and path.name == "token.jwk"):
            write_private(path, json.dumps(ECKey.generate_key("P-256").as_dict(private=True)).encode())
    for path in (folder / "version.key", folder / "second-factor.key", folder / "webhook.key"):
        if not path.exists():
            write_private(path, secrets.token_bytes(_SECRET_BYTES))
    if not (folder / "challenge.json").exists():
        _write_challenges(folder, KeyRing((RingKey(_new_mac_key()),)))
    public, pem = (
        folder / "jlis-client.pub.pem",
        _ec_key((folder / "jlis-client.jwk").read_bytes()).as_pem(private=False),
    )
    if not public.exists() or public.read_bytes() != pem:
        write_private(public, pem)


def _ec_key(content: bytes) -> ECKey:
    return ECKey.import_key(json.loads(content))


def _new_mac_key() -> MacKey:
    return secrets.token_bytes(4), secrets.token_bytes(32)


RING_FILES = ("challenge.json", "token.jwk", "token.jwks")
"""The files of which `read_rings` reads those that are there."""

FILES = (*RING_FILES, "version.key", "second-factor.key", "webhook.key", "jlis-client.jwk")
"""The files of which `load_keys` reads those that are there."""


def read_rings(files: KeyFiles) -> Rings:
    """Read the keys that are rotated. Raises OSError, and ValueError for a file that is none of ours."""
    listed = files.read("challenge.json")
    try:
        return Rings(
            token=_token_ring(files), challenge=KeyRing(tuple(_mac_key(row) for row in json.loads(listed)))
        )
    except (KeyError, TypeError, AttributeError, JoseError) as error:
        raise ValueError("no keys of a fund") from error


def _token_ring(files: KeyFiles) -> KeyRing[ECKey]:
    if not files.has("token.jwks"):
        return KeyRing((RingKey(_ec_key(files.read("token.jwk"))),))
    rotated = json.loads(files.read("token.jwks"))["keys"]
    return KeyRing(tuple(RingKey(_imported(jwk), _begin(jwk)) for jwk in rotated))


def _mac_key(row: dict[str, Any]) -> RingKey[MacKey]:
    return RingKey((bytes.fromhex(row["id"]), bytes.fromhex(row["key"])), _begin(row))


def _imported(jwk: dict[str, Any]) -> ECKey:
    return ECKey.import_key({name: value for name, value in jwk.items() if name != _BEGINS})


def _begin(row: dict[str, Any]) -> datetime | None:
    text = row.get(_BEGINS)
    if text is None:
        return None
    begins_at = datetime.fromisoformat(text)
    if begins_at.tzinfo is None:  # no instant: a watch that compared it would end, and read no key any more
        raise ValueError("without an offset from UTC")
    return begins_at


def _row(values: dict[str, Any], begins_at: datetime | None) -> dict[str, Any]:
    return values if begins_at is None else values | {_BEGINS: begins_at.isoformat()}


def _write_challenges(folder: Path, ring: KeyRing[MacKey]) -> None:
    rows = [_row({"id": one.key[0].hex(), "key": one.key[1].hex()}, one.begins_at) for one in ring.keys]
    write_private(folder / "challenge.json", json.dumps(rows).encode())


def rotate_challenge_key(
    files: KeyFiles, now: datetime, *, lead: timedelta = LEAD, at_once: bool = False
) -> None:
    """Add a new MAC key of challenges; see `KeyRing.with_new`. Raises OSError, OperatorError."""
    folder = files.own_folder()
    with exclusive(folder):
        ring = _readable_rings(files).challenge.with_new(_new_mac_key(), now, lead=lead, at_once=at_once)
        _write_challenges(folder, ring)


def rotate_token_key(
    files: KeyFiles, now: datetime, *, lead: timedelta = LEAD, at_once: bool = False
) -> None:
    """Add a new key of access tokens; see `KeyRing.with_new`. Raises OSError, OperatorError."""
    folder = files.own_folder()
    with exclusive(folder):
        new = ECKey.generate_key("P-256")
        ring = _readable_rings(files).token.with_new(new, now, lead=lead, at_once=at_once)
        jwks = [_row(dict(one.key.as_dict(private=True)), one.begins_at) for one in ring.keys]
        write_private(folder / "token.jwks", json.dumps({"keys": jwks}).encode())
        (folder / "token.jwk").unlink(missing_ok=True)


def _readable_rings(files: KeyFiles) -> Rings:
    try:
        return read_rings(files)
    except ValueError as error:
        raise OperatorError("The keys cannot be read: challenge.json or token.jwks was altered.") from error


def load_keys(files: KeyFiles, *, create: bool = True, now: datetime | None = None) -> FundKeys:
    """Load the keys, as of `now`. Missing ones are created if `create` and the fund has files of its own.

    Raises OperatorError for a missing or an altered one.
    """
    if create and not files.given:
        folder = files.own_folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with exclusive(folder):
            _create_missing(folder)
    now = now or system_clock()
    try:
        rings = _readable_rings(files)
        return FundKeys(
            token=rings.token.signing(now),
            challenge=rings.challenges(now),
            version=_secret(files, "version.key"),
            second_factor=_secret(files, "second-factor.key"),
            webhook=_secret(files, "webhook.key"),
            jlis_client=_jlis_client(files),
        )
    except FileNotFoundError as error:
        made = (
            "all keys must be given, and none is created in addition"
            if files.given
            else "`eligibility-api keys init` creates its keys"
        )
        raise OperatorError(f"The fund has no {error.filename}; {made}.") from error
    except OSError as error:
        raise OperatorError(f"{error.filename} cannot be read: {error.strerror}.") from error


def _secret(files: KeyFiles, name: str) -> bytes:
    content = files.read(name)
    if len(content) != _SECRET_BYTES:
        raise OperatorError(f"The keys cannot be read: {name} has another length than {_SECRET_BYTES} bytes.")
    return content


def _jlis_client(files: KeyFiles) -> ECKey:
    try:
        return _ec_key(files.read("jlis-client.jwk"))
    except (ValueError, TypeError, KeyError, JoseError) as error:
        raise OperatorError("The keys cannot be read: jlis-client.jwk was altered.") from error


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


def trust_files(settings: Settings) -> tuple[Path, ...]:
    """The files of the trusted authorities."""
    signature = settings.signature_trust_store
    return (settings.trust_store,) if signature is None else (settings.trust_store, signature)


def load_trust(settings: Settings) -> TrustStore:
    """Load the trust stores that the settings name. Raises OSError or ValueError."""
    signature = settings.signature_trust_store
    return TrustStore(
        _certificates(settings.trust_store), _certificates(signature) if signature is not None else ()
    )


def _certificates(path: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(path.read_bytes())
