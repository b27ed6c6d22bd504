"""The fleet of card keys: RSA-2048 takes a tenth of a second to make, so they are made once and kept.

A resident's certificate is her own, of her own serial number; its key is one of the fleet's, which several cards share.
To whoever verifies, that makes no difference: every certificate is parsed and every signature computed for itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

HOME = Path(os.environ.get("LOADTEST_HOME", "var/loadtest"))
"""Where the keys are kept between runs."""

_PEM = re.compile(rb"-----BEGIN.+?-----END [A-Z ]+-----\n", re.DOTALL)


def load_keys(count: int, home: Path = HOME) -> list[rsa.RSAPrivateKey]:
    """The first keys of the fleet, the missing ones made and kept."""
    path = home / "card-keys.pem"
    kept = _PEM.findall(path.read_bytes()) if path.exists() else []
    if len(kept) < count:
        kept += _make(count - len(kept))
        _keep(path, kept)
    return [read_key(pem) for pem in kept[:count]]


def read_key(pem: bytes) -> rsa.RSAPrivateKey:
    """A key of the fleet again, as `write_key` wrote it."""
    # They are our own: checking the primes again would take longer than all the rest.
    key = serialization.load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def write_key(key: rsa.RSAPrivateKey) -> bytes:
    """A key as PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _make(count: int) -> list[bytes]:
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        return list(pool.map(_new_key, range(count), chunksize=8))


def _new_key(_: int) -> bytes:
    return write_key(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def _keep(path: Path, pems: Sequence[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    growing = path.with_name(path.name + ".new")
    descriptor = os.open(growing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(b"".join(pems))
    growing.replace(path)
