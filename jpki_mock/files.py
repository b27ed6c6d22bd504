"""Files written whole or not at all, readable by their owner alone where they hold a secret."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path, mode: int = 0o600) -> Iterator[BinaryIO]:
    """Yield a file that takes the place of `path`, with the given mode, when the block ends well.

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
    """Write a file atomically: readers see the old content or the new one."""
    with replacing(path, mode) as file:
        file.write(content)


def write_if_changed(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a public file unless it already holds just that."""
    if not path.exists() or path.read_bytes() != content:
        write_file(path, content, mode)
