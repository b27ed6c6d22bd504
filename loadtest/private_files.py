"""Files with persons' data or secrets, readable by their owner only: every such file is written through here."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


def create_private(path: Path) -> TextIO:
    """A new file, in UTF-8, or an existing one emptied. Nobody else may read it, whatever its mode was before."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")


@contextmanager
def exclusive(directory: Path) -> Iterator[None]:
    """Wait until no other process is inside the same block, for files that several processes may create."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
