"""The card keys, generated once and kept in a file, since an RSA-2048 key takes a tenth of a second.

Each resident has a certificate and a serial number of her own; several cards share a key. This makes no
difference to a verifier: every certificate is parsed and every signature is computed individually.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from loadtest.dataset.settings import DatasetSettings
from loadtest.private_files import create_private, exclusive

_PEM = re.compile(rb"-----BEGIN.+?-----END [A-Z ]+-----\n", re.DOTALL)


def load_keys(count: int, home: Path | None = None) -> list[rsa.RSAPrivateKey]:
    """The first `count` keys, the same in every process; missing ones are generated and added to the file in `home`."""
    home = home or DatasetSettings().home
    path = home / "card-keys.pem"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with exclusive(home):
        pems = _PEM.findall(path.read_bytes()) if path.exists() else []
        if len(pems) < count:
            pems += _generate(count - len(pems))
            _save(path, pems)
    return [read_key(pem) for pem in pems[:count]]


def read_key(pem: bytes) -> rsa.RSAPrivateKey:
    """Parse a key that `write_key` wrote."""
    # The keys are our own: validating the primes again would take longer than all the rest.
    key = serialization.load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def write_key(key: rsa.RSAPrivateKey) -> bytes:
    """A key as PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _generate(count: int) -> list[bytes]:
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        return list(pool.map(_new_key, range(count), chunksize=8))


def _new_key(_: int) -> bytes:
    return write_key(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def _save(path: Path, pems: Sequence[bytes]) -> None:
    temporary = path.with_name(path.name + ".new")
    with create_private(temporary) as file:
        file.write(b"".join(pems).decode("ascii"))
    temporary.replace(path)
