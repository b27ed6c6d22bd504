"""Reads a member file as a table: CSV (RFC 4180) in UTF-8, line by line.

The columns are those of `contract.member_file`, in any order. `member.py` validates the cells. A row is one
line: a cell never holds a line break, so that a missing quotation mark invalidates one row and not the rest
of the file. Rows are numbered as in a spreadsheet: the header is row 1.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from eligibility_api.contract.member_file import MEMBER_COLUMNS, REQUIRED_COLUMNS


class HeaderError(Exception):
    """The first line is not the header of a member file; the text repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is rejected; never contains the value.

    `column` is None where the fault is not about one column.
    """

    row: int
    column: str | None
    code: str


@dataclass(frozen=True, slots=True)
class Row:
    """The filled cells of one row by column; or the fault of the line itself, and no cells."""

    number: int
    cells: dict[str, str]
    fault: Fault | None = None


def open_table(path: Path) -> TextIO:
    """Open a member file, with or without byte order mark. Raises OSError.

    Bytes that are not UTF-8 become lone surrogates, which no text of the contract accepts: they invalidate
    their cell, not the file.
    """
    return path.open(encoding="utf-8-sig", errors="surrogateescape")


def read_table(lines: Iterable[str]) -> Iterator[Row]:
    """The rows below the header; empty lines are skipped. Raises HeaderError before the first row."""
    numbered = enumerate(lines, start=1)
    _, first = next(numbered, (1, ""))
    header = _header(first)
    return (_row(number, header, line) for number, line in numbered if line.strip())


def _header(line: str) -> list[str]:
    header = _cells(line) or []
    missing = [column for column in REQUIRED_COLUMNS if column not in header]
    if missing:
        raise HeaderError(f"columns missing: {', '.join(missing)}")
    if len(set(header)) < len(header) or not set(MEMBER_COLUMNS).issuperset(header):
        raise HeaderError("a column is unknown or duplicated")
    return header


def _row(number: int, header: Sequence[str], line: str) -> Row:
    cells = _cells(line)
    if cells is None:
        return Row(number, {}, Fault(number, None, "csv"))
    if len(cells) != len(header):
        return Row(number, {}, Fault(number, None, "cell-count"))
    return Row(number, {column: cell for column, cell in zip(header, cells, strict=True) if cell})


def _cells(line: str) -> list[str] | None:
    """The cells of a line, or None where it is not CSV."""
    try:
        return next(csv.reader([line], strict=True))
    except (csv.Error, StopIteration):
        return None
