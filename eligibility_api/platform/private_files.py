"""Files and directories that only one user can read, even below a directory shared by all users."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO


def write_private(path: Path, data: bytes) -> None:
    """Write `path` atomically and durably, readable only by its owner."""
    temporary = path.with_name(path.name + ".new")
    with _open_private(temporary, os.O_TRUNC) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def append_private(path: Path) -> BinaryIO:
    """Open `path` for appending; a new file is readable only by its owner."""
    return _open_private(path, os.O_APPEND)


def _open_private(path: Path, how: int) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600), "wb")


def is_private(directory: Path, user: int) -> bool:
    """Whether `directory` is a directory (no link) that `user` owns and nobody else can access."""
    try:
        found = directory.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == user and stat.S_IMODE(found.st_mode) & 0o077 == 0
