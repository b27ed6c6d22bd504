"""The fund's own keys: files under its home that only their owner can read.

- `token.jwk`: signs the access tokens (ES256);
- `challenge.json`: MAC keys of presence challenges, each with an id; the newest signs, all listed are accepted;
- `version.key`: MAC key of the versions of answers;
- `second-factor.key`: encrypts the secrets of operators' second factors in the database;
- `jlis-client.jwk`, `jlis-client.pub.pem`: authenticate the fund to J-LIS.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from joserfc.jwk import ECKey

from eligibility_api.domain.challenge import MacKeys
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.private_files import write_private

_KEPT_MAC_KEYS = 2


@dataclass(frozen=True, slots=True)
class FundKeys:
    """The keys of one fund."""

    token: ECKey
    challenge: MacKeys
    version: bytes
    second_factor: bytes
    jlis_client: ECKey


def _make_missing(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in (folder / "jlis-client.jwk", folder / "token.jwk"):
        if not path.exists():
            write_private(path, json.dumps(ECKey.generate_key("P-256").as_dict(private=True)).encode())
    for path in (folder / "version.key", folder / "second-factor.key"):
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
    """Add a new MAC key; the previous one stays accepted, older ones are removed. Workers read it at start."""
    path = home / "keys" / "challenge.json"
    listed = json.loads(path.read_bytes()) if path.exists() else []
    new = {"id": secrets.token_hex(4), "key": secrets.token_hex(32)}
    write_private(path, json.dumps([new, *listed][:_KEPT_MAC_KEYS]).encode())


def load_keys(home: Path, *, create: bool = True) -> FundKeys:
    """Return the keys under `home`. Missing ones are created if `create`, otherwise OperatorError is raised."""
    folder = home / "keys"
    if create:
        _make_missing(folder)
    try:
        return FundKeys(
            token=_ec_key(folder / "token.jwk"),
            challenge=_mac_keys(folder / "challenge.json"),
            version=(folder / "version.key").read_bytes(),
            second_factor=(folder / "second-factor.key").read_bytes(),
            jlis_client=_ec_key(folder / "jlis-client.jwk"),
        )
    except FileNotFoundError as error:
        raise OperatorError(
            f"The fund has no {error.filename}; `eligibility-api keys init` makes its keys."
        ) from error
