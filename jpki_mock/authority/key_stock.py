"""Keys of emulated cards, made once on this machine and kept: an RSA key takes as long as everything else of a card.

For tests, whose persons get their cards anew at each start. Keys are random, and in a file that its owner alone reads.
"""

import json
import os
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives.asymmetric import rsa

from jpki_mock.authority.keys import KeyMaker, KeyProfile, PrivateKey, make_key, private_key_pem, read_key
from jpki_mock.errors import InvalidInput
from jpki_mock.files import write_file

_RSA_BITS = 2048


class KeyStock:
    """The keys of a file. A context manager, which adds those that were made to it."""

    def __init__(self, file: Path, make_key: KeyMaker = make_key) -> None:
        """Read the file, if there is one. Raises InvalidInput if others may read or write it."""
        self._file = file
        self._make_key = make_key
        self._kept = _read(file)
        self._made: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._made:
            with suppress(OSError):  # the next register makes its keys again
                write_file(self._file, json.dumps(self._kept | self._made).encode())

    def maker(self, name: str) -> KeyMaker:
        """What makes the keys of a new card: its n-th key of a profile is the n-th that is kept under `name`."""
        numbers = {profile: count(1) for profile in KeyProfile}
        return lambda profile: self._key(f"{name} {profile} {next(numbers[profile])}", profile)

    def _key(self, name: str, profile: KeyProfile) -> PrivateKey:
        """The key of this name; a new one if none is kept, or one that cannot be used."""
        try:
            key = read_key(self._kept[name].encode())
        except (KeyError, ValueError, TypeError, AttributeError):
            key = None
        if key is None or _profile(key) is not profile:
            key = self._make_key(profile)
            self._made[name] = private_key_pem(key).decode()
        return key


def _read(file: Path) -> dict[str, str]:
    """What a file holds; nothing if it is no such file, or cannot be read."""
    try:
        status = file.stat()
        content = file.read_bytes()
    except OSError:
        return {}
    if status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise InvalidInput(f"{file} is not private to this user.")
    try:
        kept = json.loads(content)
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) else {}


def _profile(key: PrivateKey) -> KeyProfile | None:
    if isinstance(key, rsa.RSAPrivateKey):
        return KeyProfile.RSA if key.key_size == _RSA_BITS else None
    return {"secp384r1": KeyProfile.P384, "secp256r1": KeyProfile.P256}.get(key.curve.name)
