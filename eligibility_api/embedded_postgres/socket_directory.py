"""The directory of the server's Unix socket: private, and with a name short enough for a socket."""

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
"""Bytes of a Unix socket's name that every system allows (Linux 107, macOS and the BSDs 103)."""


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
    return shared if len(os.fsencode(longest)) <= _MAX_SOCKET_PATH_BYTES else Path("/tmp")  # noqa: S108
