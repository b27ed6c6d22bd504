"""The key of the store: 32 random bytes in a file that only its owner can read.

Without it nothing in the store can be read again, and nothing found. It is never replaced: a store whose key
is missing is an error.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from clinic_terminal.errors import TerminalError

KEY_FILE = "terminal.key"
_KEY_BYTES = 32
_MAX_BYTES = 256


def load_or_create_key(home: Path, *, may_create: bool) -> bytes:
    """The key in `home`, which the caller has locked; a new one if there is none and `may_create`.

    Raises TerminalError `store-key-missing`, `store-key-wrong`; OSError.
    """
    path = home / KEY_FILE
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        if not may_create:
            raise TerminalError("store-key-missing") from None
        return _create(path)
    with os.fdopen(descriptor, "rb") as file:
        os.fchmod(file.fileno(), 0o600)
        return _parsed(file.read(_MAX_BYTES))


def _parsed(content: bytes) -> bytes:
    try:
        key = bytes.fromhex(content.decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise TerminalError("store-key-wrong")
    return key


def _create(path: Path) -> bytes:
    """A new key, on the disk before anything is encrypted under it."""
    key = secrets.token_bytes(_KEY_BYTES)
    temporary = path.with_name(f"{path.name}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.hex().encode("ascii") + b"\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    return key
