"""The terminal's key, with which a program on this machine signs in where no client certificates are used.

It is new with every start of the web face. A program that can read the file, as the terminal's own user, may sign in.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

FILE_NAME = "web.key"


def write_key(home: Path) -> str:
    """Write a new key to `home`, readable by its owner only, in place of the former one. Raises OSError."""
    key = secrets.token_urlsafe(32)
    path = home / FILE_NAME
    temporary = path.with_name(f"{path.name}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{key}\n")
    os.replace(temporary, path)
    return key
