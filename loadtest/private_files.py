"""Files with persons' data or secrets, readable by their owner only: every such file is written through here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TextIO


def create_private(path: Path) -> TextIO:
    """A new file, in UTF-8, or an existing one emptied. Nobody else may read it, whatever its mode was before."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")
