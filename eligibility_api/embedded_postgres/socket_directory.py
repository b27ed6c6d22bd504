"""The directory of the server's Unix socket: private, and with a path short enough for a socket."""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from eligibility_api.embedded_postgres.postmaster import SOCKET_NAME
from eligibility_api.embedded_postgres.unprivileged import Unprivileged
from eligibility_api.platform.private_files import is_private

_MAX_SOCKET_PATH_BYTES = 103
"""Bytes of a Unix socket's path that every system allows (Linux 107, macOS and the BSDs 103)."""


def make_socket_directory(home: Path, unprivileged: Unprivileged) -> Path:
    """Create a private directory with a short path below the temporary directory.

    A socket below a deep `home` would have too long a path. The name is derived from `home`, so that a
    restart finds it again. If another user has a file or link of that name, a random name is used.
    """
    name = f"shikaku-{hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:16]}"
    shared = _shared_directory(name)
    path = shared / name
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
        unprivileged.chown(path)
    if not is_private(path, unprivileged.user):
        path = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=shared))
        unprivileged.chown(path)
    return path


def remove_socket_directory(path: Path) -> None:
    """Remove the directory with a killed server's files; it stays if it contains other files."""
    for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
        with suppress(OSError):
            (path / name).unlink()
    with suppress(OSError):
        path.rmdir()


def _shared_directory(name: str) -> Path:
    shared = Path(tempfile.gettempdir())
    example = shared / f"{name}-12345678" / SOCKET_NAME
    return shared if len(os.fsencode(example)) <= _MAX_SOCKET_PATH_BYTES else Path("/tmp")  # noqa: S108
