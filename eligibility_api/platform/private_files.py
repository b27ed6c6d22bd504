"""Files and directories that only one user can read, also inside a shared directory."""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write_private(path: Path, data: bytes) -> None:
    """Write `path` atomically and durably, readable by its owner only."""
    temporary = path.with_name(path.name + ".new")
    with _open_private(temporary, os.O_TRUNC) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


@contextmanager
def new_private_file(path: Path) -> Iterator[BinaryIO]:
    """A file that appears whole or not at all, durable and readable by its owner only. Raises OSError."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def append_private(path: Path) -> BinaryIO:
    """Open `path` for appending; if it is new, only its owner can read it."""
    return _open_private(path, os.O_APPEND)


@contextmanager
def exclusive(directory: Path) -> Iterator[None]:
    """Wait until no other process is inside the same block, for files that several processes may create."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _open_private(path: Path, flags: int) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o600), "wb")


def is_private(directory: Path, user: int) -> bool:
    """Whether `directory` is a directory of `user`, not a link, and closed to all other users."""
    try:
        found = directory.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == user and stat.S_IMODE(found.st_mode) & 0o077 == 0
