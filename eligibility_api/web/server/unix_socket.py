"""The Unix socket on which a service listens behind a proxy of its machine."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from eligibility_api.platform.errors import OperatorError

_UMASK = 0o117
"""The socket is its owner's and its group's (0660): a program that may connect reports client certificates."""


@contextmanager
def bound_unix_socket(path: Path) -> Iterator[socket.socket]:
    """A socket bound to `path`, which is removed at the end. One that a killed service left is replaced.

    Raises OperatorError if something else is there, another service listens there, or it cannot be created.
    """
    _remove_stale(path)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        former = os.umask(_UMASK)
        try:
            bound.bind(str(path))
        finally:
            os.umask(former)
    except OSError as error:
        bound.close()
        raise OperatorError(f"The Unix socket cannot be created: {error.strerror or error}.") from error
    bound.set_inheritable(True)
    try:
        yield bound
    finally:
        bound.close()
        with suppress(OSError):
            path.unlink()


def _remove_stale(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except OSError:
        return  # binding says what is wrong
    if not stat.S_ISSOCK(mode):
        raise OperatorError("There is a file at the path of the Unix socket.")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
        except OSError as error:
            raise OperatorError(f"The Unix socket cannot be used: {error.strerror or error}.") from error
        else:
            raise OperatorError("Another service listens on the Unix socket.")
