"""A table from the clinic's own software: CSV with a header, UTF-8 or CP932, of which only some columns are taken."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from clinic_terminal.desk.membership import FIELDS

_MAY_BE_MISSING = frozenset({"symbol", "branch"})


class TableError(Exception):
    """The file cannot be used; the text says why, never with a value from it."""


def read_table(path: Path, key: str, most: int) -> list[dict[str, str]]:
    """The rows, at most `most`: `key`, which each has, and the fields of a membership. Other columns stay where they are.

    Raises TableError, OSError.
    """
    columns = (key, *FIELDS)
    reader = csv.DictReader(io.StringIO(_text(path.read_bytes()), newline=""), strict=True)
    try:
        missing = [
            name for name in columns if name not in (reader.fieldnames or ()) and name not in _MAY_BE_MISSING
        ]
        if missing:
            raise TableError(f"columns missing: {', '.join(missing)}")
        rows = [{name: row.get(name) or "" for name in columns} for row in reader]
    except csv.Error:
        raise TableError("not CSV") from None
    _require_keys(rows, key, most)
    return rows


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableError("neither UTF-8 nor CP932")


def _require_keys(rows: Sequence[dict[str, str]], key: str, most: int) -> None:
    if not 0 < len(rows) <= most:
        raise TableError(f"from 1 to {most} rows, not {len(rows)}")
    for number, row in enumerate(rows, start=1):
        row[key] = row[key].strip()
        if not row[key]:
            raise TableError(f"row {number} has no {key}")
