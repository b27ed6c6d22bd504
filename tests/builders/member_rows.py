"""Reads texts as member files, and returns what was read of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from eligibility_api.contract.member_file import MEMBER_COLUMNS
from eligibility_api.contract.member_reading.block import Block, Rows
from eligibility_api.contract.member_reading.reader import MemberReader
from eligibility_api.contract.uploads import FileFormat

OWN = "01130012"
TODAY = date(2026, 4, 1)
CELLS: Mapping[str, str] = {
    "insurer_number": OWN,
    "symbol": "見本",
    "number": "1",
    "branch": "00",
    "relationship": "1",
    "name": "試験　見本",
    "name_kana": "シケン ミホン",
    "sex": "2",
    "birth_date": "1980-05-17",
    "postal_code": "000-0010",
    "address": "架空県見本市1-1",
    "acquired_on": "2024-04-01",
}
"""A valid row of an insured member."""


@dataclass
class ReadFile:
    """What was read of a file: the canonical cells by row, the faults, and what was passed over."""

    rows: dict[int, dict[str, str]] = field(default_factory=dict)
    faults: list[tuple[int, str | None, str]] = field(default_factory=list)
    count: int = 0
    unknown: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By letters: the heading, and the number of filled cells."""


def read_bytes(
    parts: Iterable[bytes],
    insurer_number: str | None = OWN,
    file_format: FileFormat = FileFormat.CSV,
    encoding: str = "utf-8",
) -> ReadFile:
    """Read a file from its beginning to its end. Raises ShikakuError."""
    read = ReadFile()

    def keep(rows: Rows) -> list[int]:
        for place, number in enumerate(rows.numbers):
            cells = {column: rows.texts[column][place] for column in MEMBER_COLUMNS}
            read.rows[number] = {column: cell for column, cell in cells.items() if cell}
        return list(rows.numbers)

    reader = MemberReader(insurer_number, file_format, encoding, TODAY, keep)
    blocks: list[Block[int]] = [*map(reader.feed, parts), reader.finish()]
    for block in blocks:
        read.count += block.rows
        read.faults += [(fault.row, fault.column, fault.code.value) for fault in block.faults]
    for column in reader.unknown_columns:
        filled = sum(block.passed_over[column.place] for block in blocks)
        read.unknown[column.letters] = (column.heading, filled)
    return read


def read_text(text: str, insurer_number: str | None = OWN) -> ReadFile:
    """Read a file given as text. Raises ShikakuError."""
    return read_bytes([text.encode()], insurer_number)


def read_cells(own: str = OWN, /, **changes: str) -> ReadFile:
    """Read a file of one row, which is row 2: a valid one with some cells replaced, all cells quoted."""
    cells = {**CELLS, "insurer_number": own} | changes
    quoted = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells.values())
    return read_text(f"{','.join(cells)}\n{quoted}\n", own)
