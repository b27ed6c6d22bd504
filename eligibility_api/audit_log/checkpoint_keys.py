"""The keys of the log's checkpoints: one signs, all that ever signed verify.

`checkpoint.pem` (setting `FUND_CHECKPOINT_KEY`) is the private key; `checkpoint.keys` in the same folder lists the verification
keys, the present one first, as C2SP's signed notes write them. The signing key is read again when its file changes,
so that a rotation needs no restart.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from eligibility_api.merkle_log.notes import SigningKey, VerificationKey
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.private_files import exclusive, write_private
from eligibility_api.platform.settings import Settings


def key_path(settings: Settings) -> Path:
    """Return the path of the signing key."""
    return settings.checkpoint_key or settings.home / "keys" / "checkpoint.pem"


def create_missing(settings: Settings) -> None:
    """Create the signing key unless there is one, and list it."""
    path = key_path(settings)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with exclusive(path.parent):
        if not path.exists():
            _write_new_key(path)
    CheckpointKey(settings).read()


def rotate(settings: Settings) -> VerificationKey:
    """Replace the signing key by a new one, which is listed before the former ones. Returns its public half.

    Verifiers must know the new key before they see its first signature: it signs the next checkpoint.
    """
    path = key_path(settings)
    with exclusive(path.parent):
        _write_new_key(path)
    return CheckpointKey(settings).read().verification_key


def verification_keys(settings: Settings) -> list[VerificationKey]:
    """Return the keys that verify the log's checkpoints, the present one first; none before the first start."""
    try:
        lines = _list_path(key_path(settings)).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [VerificationKey.parse(line) for line in lines if line]


class CheckpointKey:
    """The signing key, as its file is at the moment."""

    def __init__(self, settings: Settings) -> None:
        self._path = key_path(settings)
        self._origin = settings.log_origin
        self._read: tuple[tuple[int, int], SigningKey] | None = None

    def read(self) -> SigningKey:
        """Return the key; a new one is listed first. Raises OperatorError if the file is no Ed25519 key."""
        try:
            status = self._path.stat()
            state = status.st_mtime_ns, status.st_ino
            if self._read is None or self._read[0] != state:
                self._read = state, self._load()
        except (OSError, ValueError, UnsupportedAlgorithm) as error:
            raise OperatorError(f"{self._path} cannot be read as the key of checkpoints.") from error
        return self._read[1]

    def _load(self) -> SigningKey:
        private_key = load_pem_private_key(self._path.read_bytes(), password=None)
        if not isinstance(private_key, Ed25519PrivateKey):
            raise ValueError("not an Ed25519 key")
        key = SigningKey(self._origin, private_key)
        with exclusive(self._path.parent):
            _list_first(_list_path(self._path), str(key.verification_key))
        return key


def _write_new_key(path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _list_path(path: Path) -> Path:
    return path.with_suffix(".keys")


def _list_first(path: Path, key: str) -> None:
    listed = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    if listed[:1] != [key]:
        lines = [key, *(line for line in listed if line != key)]
        write_private(path, "".join(f"{line}\n" for line in lines).encode())
