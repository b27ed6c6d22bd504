"""The private directory of the server's Unix socket, with a path short enough for a socket."""

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
"""Maximum bytes of a Unix socket's path on all systems (Linux 107, macOS and the BSDs 103)."""


def make_socket_directory(home: Path, way: Unprivileged) -> Path:
    """Create a private directory with a short path under the temporary one: a socket in a deep `home` would be too long.

    The name is derived from `home`, so that a restart finds it again. If it belongs to another user or is a link, a
    random name is used.
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
    """Remove the directory and the files of a killed server; other files keep it in place."""
    for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
        with suppress(OSError):
            (path / name).unlink()
    with suppress(OSError):
        path.rmdir()


def _shared_directory(name: str) -> Path:
    shared = Path(tempfile.gettempdir())
    longest = shared / f"{name}-12345678" / SOCKET_NAME
    return shared if len(os.fsencode(longest)) <= _MAX_SOCKET_PATH_BYTES else Path("/tmp")  # noqa: S108
