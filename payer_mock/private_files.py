"""Files with persons' data, readable by their owner only. Every file that holds a person is written through here."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO


def create_private(path: Path) -> BinaryIO:
    """A new file, or an existing one emptied. Nobody else may read it, whatever its mode was before."""
    return os.fdopen(_opened(path, os.O_TRUNC), "wb")


def append_private(path: Path) -> BinaryIO:
    """A file to append to, created if there is none."""
    return os.fdopen(_opened(path, os.O_APPEND), "ab")


def _opened(path: Path, flags: int) -> int:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o600)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):  # a device, such as the terminal, keeps its mode
        os.fchmod(descriptor, 0o600)
    return descriptor
