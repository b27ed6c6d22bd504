"""Reads a table of the clinic's own software: CSV with a header, in UTF-8 or CP932.

Only some columns are used.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from clinic_terminal.bilingual import Bilingual
from clinic_terminal.queries.membership import MEMBERSHIP_FIELDS
from eligibility_api.contract.identifiers import UnreadableIdentifier, insurer_number

_MAY_BE_MISSING = frozenset({"symbol", "branch"})


class TableError(Exception):
    """The file cannot be used; the text says why in both languages, without a value from the file."""

    def __init__(self, ja: str, en: str) -> None:
        self.text = Bilingual(ja, en)
        super().__init__(self.text.lines)


def read_table(path: Path, key: str, max_rows: int) -> list[dict[str, str]]:
    """The table of a file, as `parse_table` reads it. Raises TableError, OSError."""
    return parse_table(path.read_bytes(), key, max_rows)


def parse_table(data: bytes, key: str, max_rows: int) -> list[dict[str, str]]:
    """At most `max_rows` rows: `key`, which each must have, and the fields of a membership.

    Other columns are dropped. Raises TableError.
    """
    columns = (key, *MEMBERSHIP_FIELDS)
    reader = csv.DictReader(io.StringIO(_text(data), newline=""), strict=True)
    try:
        missing = [
            name for name in columns if name not in (reader.fieldnames or ()) and name not in _MAY_BE_MISSING
        ]
        if missing:
            names = ", ".join(missing)
            raise TableError(f"列がありません：{names}", f"columns missing: {names}")
        rows = [_restored({name: row.get(name) or "" for name in columns}) for row in reader]
    except csv.Error:
        raise TableError("CSV として読み取れません", "not CSV") from None
    _require_keys(rows, key, max_rows)
    return rows


def _restored(row: dict[str, str]) -> dict[str, str]:
    """The row with the zeros that a spreadsheet took from its insurer number; of another number, as it is."""
    try:
        return row | {"insurer_number": insurer_number(row["insurer_number"], lost_zeros=True)}
    except UnreadableIdentifier:
        return row


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableError("文字コードが UTF-8 でも CP932 でもありません", "neither UTF-8 nor CP932")


def _require_keys(rows: Sequence[dict[str, str]], key: str, max_rows: int) -> None:
    if not 0 < len(rows) <= max_rows:
        raise TableError(
            f"行数は1～{max_rows}です（{len(rows)}行）", f"from 1 to {max_rows} rows, not {len(rows)}"
        )
    for number, row in enumerate(rows, start=1):
        row[key] = row[key].strip()
        if not row[key]:
            raise TableError(f"{number}行目に {key} がありません", f"row {number} has no {key}")
