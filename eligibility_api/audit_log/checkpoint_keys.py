"""The keys of the log's checkpoints: one signs, all that ever signed verify.

`checkpoint.pem` (setting `FUND_CHECKPOINT_KEY`) is the private key; `checkpoint.keys` in the same folder lists the verification
keys, the present one first, as C2SP's signed notes write them. The signing key is read again when its file changes,
so that a rotation needs no restart. In keys that the fund is given (`key_files.py`) nothing is listed or created: the present key
verifies whether the list names it or not.
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
from eligibility_api.platform.key_files import KeyFiles
from eligibility_api.platform.private_files import exclusive, write_private
from eligibility_api.platform.settings import Settings


def key_path(settings: Settings) -> Path:
    """Return the path of the signing key. Raises OperatorError if it is given as text."""
    files, name = _place(settings)
    for path in files.paths(name):
        return path
    raise OperatorError("FUND_KEYS is no folder.")


def create_missing(settings: Settings) -> None:
    """Create the signing key unless there is one, and list it. Raises OperatorError for a given one that is missing or altered."""
    files, name = _place(settings)
    if not files.given:
        files.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with exclusive(files.folder):
            if not files.has(name):
                _write_new_key(files.folder / name)
    CheckpointKey(settings).read()


def rotate(settings: Settings) -> VerificationKey:
    """Replace the signing key by a new one, which is listed before the former ones. Returns its public half.

    Verifiers must know the new key before they see its first signature: it signs the next checkpoint. Raises OperatorError for a given key.
    """
    files, name = _place(settings)
    folder = files.own_folder()
    with exclusive(folder):
        _write_new_key(folder / name)
    return CheckpointKey(settings).read().verification_key


def verification_keys(settings: Settings) -> list[VerificationKey]:
    """Return the keys that verify the log's checkpoints, the present one first; none before the first start."""
    files, name = _place(settings)
    listed = _listed(files, _list_name(name))
    if files.given and files.has(name):
        listed = _first(str(CheckpointKey(settings).read().verification_key), listed)
    return [VerificationKey.parse(line) for line in listed]


class CheckpointKey:
    """The signing key, as its file is at the moment."""

    def __init__(self, settings: Settings) -> None:
        self._files, self._name = _place(settings)
        self._origin = settings.log_origin
        self._read: tuple[list[tuple[int, int]], SigningKey] | None = None

    def read(self) -> SigningKey:
        """Return the key; a new one is listed first. Raises OperatorError if the file is no Ed25519 key."""
        try:
            state = [
                (status.st_mtime_ns, status.st_ino)
                for status in (path.stat() for path in self._files.paths(self._name))
            ]
            if self._read is None or self._read[0] != state:
                self._read = state, self._load()
        except (OSError, ValueError, UnsupportedAlgorithm) as error:
            where = self._files.folder / self._name
            raise OperatorError(f"{where} cannot be read as the key of checkpoints.") from error
        return self._read[1]

    def _load(self) -> SigningKey:
        private_key = load_pem_private_key(self._files.read(self._name), password=None)
        if not isinstance(private_key, Ed25519PrivateKey):
            raise ValueError("not an Ed25519 key")
        key = SigningKey(self._origin, private_key)
        if not self._files.given:
            with exclusive(self._files.folder):
                _list_first(self._files, _list_name(self._name), str(key.verification_key))
        return key


def _place(settings: Settings) -> tuple[KeyFiles, str]:
    """The files among which the signing key is, and its name there."""
    own = settings.checkpoint_key
    return (KeyFiles.of(settings), "checkpoint.pem") if own is None else (KeyFiles(own.parent), own.name)


def _write_new_key(path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _list_name(name: str) -> str:
    return str(Path(name).with_suffix(".keys"))


def _listed(files: KeyFiles, name: str) -> list[str]:
    lines = files.read(name).decode().splitlines() if files.has(name) else []
    return [line for line in lines if line]


def _first(key: str, listed: list[str]) -> list[str]:
    return [key, *(line for line in listed if line != key)]


def _list_first(files: KeyFiles, name: str, key: str) -> None:
    listed = _listed(files, name)
    if listed[:1] != [key]:
        lines = _first(key, listed)
        write_private(files.folder / name, "".join(f"{line}\n" for line in lines).encode())
