"""Atomic writing of files; files with secrets are readable by their owner only."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def open_atomic(path: Path, mode: int = 0o600) -> Iterator[BinaryIO]:
    """Yield a file that replaces `path`, with the given mode, when the block succeeds.

    Raises FileExistsError if `path` is a link, a device or a folder: `/dev/stdout` must not become a file.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise FileExistsError(errno.EEXIST, "is not a regular file", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink()
        raise


def write_file(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file atomically: readers see either the old or the new content."""
    with open_atomic(path, mode) as file:
        file.write(content)


def write_if_changed(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a public file unless it already has this content."""
    if not path.exists() or path.read_bytes() != content:
        write_file(path, content, mode)
