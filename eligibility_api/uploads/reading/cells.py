"""Splits lines of CSV (RFC 4180) or JSON into cells: one list of texts per row, in the order of the columns.

No item of a member contains control characters, hence no quoted cell may contain a line break: every line is
a row, and an unclosed quote invalidates its own line only.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence

from pydantic_core import from_json

from eligibility_api.contract.bounds import MAX_TEXT_LENGTH
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.member_file import MEMBER_COLUMNS, REQUIRED_COLUMNS
from eligibility_api.contract.member_items import MEMBER_ITEMS, Kind
from eligibility_api.contract.uploads import RowFault
from eligibility_api.uploads.reading.values import BadValue

Cells = Sequence[str]
Split = Callable[[str], Cells]
"""Splits a line into cells. Raises BadValue."""

_POSITIONS = {column: position for position, column in enumerate(MEMBER_COLUMNS)}
_FLAGS = frozenset(item.name for item in MEMBER_ITEMS if item.kind is Kind.FLAG)

MAX_CELL_LENGTH = MAX_TEXT_LENGTH + 1
"""Characters of a cell that any rule sees: one more than the longest field has, so that a longer one is a fault."""

_MAX_NUMBER = 10**MAX_CELL_LENGTH


def read_header(line: str) -> tuple[str, ...]:
    """The columns that a CSV file's header line names.

    Raises `file-header` for an unknown, repeated or missing one.
    """
    try:
        columns = tuple(_split_quoted(line))
    except BadValue as fault:
        raise ShikakuError("file-header") from fault
    known = set(columns)
    if len(known) != len(columns) or not set(REQUIRED_COLUMNS) <= known <= set(MEMBER_COLUMNS):
        raise ShikakuError("file-header")
    return columns


def csv_splitter(width: int) -> Split:
    """Splits lines of a CSV file with `width` columns."""

    def split(line: str) -> Cells:
        cells = _split_quoted(line) if '"' in line else line.split(",")
        if len(cells) != width:
            raise BadValue(RowFault.CELLS)
        return cells

    return split


def _split_quoted(line: str) -> list[str]:
    try:
        [cells] = csv.reader([line], strict=True)
    except (csv.Error, ValueError) as error:
        raise BadValue(RowFault.QUOTES) from error
    return cells


def cut(cells: Cells) -> Cells:
    """The cells, each as far as any rule sees it (decision 016)."""
    return [cell[:MAX_CELL_LENGTH] for cell in cells]


def split_json(line: str) -> Cells:
    """The cells of one JSON object, in the order of `MEMBER_COLUMNS`."""
    try:
        members = from_json(line)
    except ValueError as error:
        raise BadValue(RowFault.JSON) from error
    if not isinstance(members, dict):
        raise BadValue(RowFault.JSON)
    cells = [""] * len(MEMBER_COLUMNS)
    for name, value in members.items():
        if name not in _POSITIONS:
            raise BadValue(RowFault.UNKNOWN_COLUMN)
        cells[_POSITIONS[name]] = value if isinstance(value, str) else _cell_text(name, value)
    return cells


def _cell_text(name: str, value: object) -> str:
    """A number or a flag as the text of a CSV cell."""
    if value is None or (value is False and name in _FLAGS):
        return ""
    if value is True and name in _FLAGS:
        return "1"
    if isinstance(value, int) and not isinstance(value, bool) and -_MAX_NUMBER < value < _MAX_NUMBER:
        return str(value)
    raise BadValue(RowFault.JSON)
