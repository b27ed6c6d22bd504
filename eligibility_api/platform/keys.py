"""The fund's own keys, as files under its home, readable by their owner alone.

- `token.jwk`: signs the access tokens (ES256);
- `challenge.json`: MAC keys of presence challenges, each with an id; the newest makes, all listed are accepted;
- `version.key`: makes the versions of answers opaque;
- `jlis-client.jwk`, `jlis-client.pub.pem`: by which J-LIS knows the fund.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from joserfc.jwk import ECKey

from eligibility_api.domain.challenge import MacKeys

_KEPT_MAC_KEYS = 2


def write_private(path: Path, data: bytes) -> None:
    """Write `path`, readable by its owner alone, whole or not at all."""
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    temporary.replace(path)


@dataclass(frozen=True, slots=True)
class FundKeys:
    """The keys of one fund."""

    token: ECKey
    challenge: MacKeys
    version: bytes
    jlis_client: ECKey


def _ec_key(path: Path) -> ECKey:
    if not path.exists():
        key = ECKey.generate_key("P-256")
        write_private(path, json.dumps(key.as_dict(private=True)).encode())
    return ECKey.import_key(json.loads(path.read_bytes()))


def _version_key(path: Path) -> bytes:
    if not path.exists():
        write_private(path, secrets.token_bytes(32))
    return path.read_bytes()


def _mac_keys(path: Path) -> MacKeys:
    if not path.exists():
        rotate_challenge_key(path.parent.parent)
    listed = json.loads(path.read_bytes())
    keys = {bytes.fromhex(row["id"]): bytes.fromhex(row["key"]) for row in listed}
    return MacKeys(current=bytes.fromhex(listed[0]["id"]), keys=keys)


def rotate_challenge_key(home: Path) -> None:
    """Put a new MAC key in front; the one before it stays accepted, older ones go. Workers read it at their start."""
    path = home / "keys" / "challenge.json"
    listed = json.loads(path.read_bytes()) if path.exists() else []
    new = {"id": secrets.token_hex(4), "key": secrets.token_hex(32)}
    write_private(path, json.dumps([new, *listed][:_KEPT_MAC_KEYS]).encode())


def load_keys(home: Path) -> FundKeys:
    """The keys under `home`, made at the first call."""
    folder = home / "keys"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    jlis_client = _ec_key(folder / "jlis-client.jwk")
    (folder / "jlis-client.pub.pem").write_bytes(jlis_client.as_pem(private=False))
    return FundKeys(
        token=_ec_key(folder / "token.jwk"),
        challenge=_mac_keys(folder / "challenge.json"),
        version=_version_key(folder / "version.key"),
        jlis_client=jlis_client,
    )
