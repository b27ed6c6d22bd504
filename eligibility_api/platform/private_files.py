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


def private_file(path: Path, *, append: bool = False) -> BinaryIO:
    """`path` open for writing, made with mode 0600 if it is new; emptied unless `append`."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if append else os.O_TRUNC)
    return os.fdopen(os.open(path, flags, 0o600), "wb")


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
