"""Files with persons' data, readable by their owner only. Every file that holds a person is written through here."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write a file, in UTF-8. Nobody else may read it, whatever its mode was before."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        os.fchmod(descriptor, 0o600)
        file.write(text)


def write_private_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    """Write rows as CSV with a header."""
    output = StringIO(newline="")
    writer = csv.DictWriter(output, columns)
    writer.writeheader()
    writer.writerows(rows)
    write_private(path, output.getvalue())
