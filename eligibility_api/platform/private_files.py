"""Files and directories that one user alone may read, also where all users share the place.

Nothing here knows PostgreSQL, except how long the name of its socket is.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from eligibility_api.platform.postmaster import SOCKET_NAME
from eligibility_api.platform.unprivileged import Unprivileged

_LONGEST_SOCKET_PATH = 103
"""Bytes of a Unix socket's name that every system allows (Linux 107, macOS and the BSDs 103)."""


def write_private(path: Path, data: bytes) -> None:
    """Write `path`, readable by its owner alone, whole or not at all, also when the power fails."""
    temporary = path.with_name(path.name + ".new")
    with _open_private(temporary, os.O_TRUNC) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def append_private(path: Path) -> BinaryIO:
    """`path` open for writing at its end, made readable by its owner alone if it is new."""
    return _open_private(path, os.O_APPEND)


def _open_private(path: Path, how: int) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600), "wb")


def is_private(directory: Path, user: int) -> bool:
    """Whether `directory` is a real directory, no link, of `user`, closed to everybody else."""
    try:
        found = directory.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == user and stat.S_IMODE(found.st_mode) & 0o077 == 0


def make_socket_directory(home: Path, way: Unprivileged) -> Path:
    """A private directory with a short name under the temporary one: a socket under a deep `home` has no valid name.

    The name follows from `home`, so that a restart finds it again. Where somebody else sits on that name, or it is a
    link, another is drawn.
    """
    name = f"shikaku-{hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:16]}"
    shared = _shared_directory(name)
    path = shared / name
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
        way.give(path)
    if not is_private(path, way.user):
        path = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=shared))
        way.give(path)
    return path


def remove_socket_directory(path: Path) -> None:
    """Remove the directory and what a killed server left there; a foreign file keeps it."""
    for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
        with suppress(OSError):
            (path / name).unlink()
    with suppress(OSError):
        path.rmdir()


def _shared_directory(name: str) -> Path:
    shared = Path(tempfile.gettempdir())
    longest = shared / f"{name}-12345678" / SOCKET_NAME
    return shared if len(os.fsencode(longest)) <= _LONGEST_SOCKET_PATH else Path("/tmp")  # noqa: S108
