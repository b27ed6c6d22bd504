"""Splits text into records of cells: CSV (RFC 4180) as spreadsheets write it, or one JSON object per line.

A record is one row of a spreadsheet, also where a quoted cell of it has line breaks. A quotation mark that is
not closed invalidates its own line only: the next one is read as if nothing had happened.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence

from pydantic_core import from_json

from eligibility_api.contract.bounds import MAX_TEXT_LENGTH
from eligibility_api.contract.lines import MAX_LINE_BYTES
from eligibility_api.contract.member_file import MEMBER_COLUMNS
from eligibility_api.contract.member_items import MEMBER_ITEMS, Kind
from eligibility_api.contract.uploads import RowFault

Cells = Sequence[str]
Line = str | None
"""A line without its line break; None if its bytes are not of the file's encoding."""

Outcome = Cells | RowFault | None
"""A record's cells, its fault, or None for an empty row."""

MAX_CELL_LENGTH = MAX_TEXT_LENGTH + 1
"""Characters of a cell that any rule sees: one more than the longest field has, so that a longer one is a fault."""

MAX_RECORD_LINES = 40
"""Lines of a record: more than its texts have line breaks, and few enough that an open quote costs little."""

MAX_HEADING_LINES = 1_000
"""Lines of the heading row, read once: headings in narrow columns are often broken."""

_MAX_NUMBER = 10**MAX_CELL_LENGTH
_POSITIONS = {column: position for position, column in enumerate(MEMBER_COLUMNS)}
_FLAGS = frozenset(item.name for item in MEMBER_ITEMS if item.kind is Kind.FLAG)
_MAY_BEGIN_AN_EMPTY_ROW = frozenset(', \t\r\u3000"')


class CsvRecords:
    """Splits the lines of a CSV file, block by block; a record that its block leaves open waits for the next."""

    def __init__(self, width: int, fit: Callable[[list[str], str], Outcome]) -> None:
        """`fit` makes `width` cells of a record that has more or fewer, given its last line."""
        self._width = width
        self._fit = fit
        self._open: list[Line] = []

    def split(self, lines: Sequence[Line], *, last: bool = False) -> list[Outcome]:
        """The records that end in these lines; with `last`, no lines follow."""
        lines = [*self._open, *lines] if self._open else lines
        self._open = []
        found: list[Outcome] = []
        place = 0
        while place < len(lines):
            line = lines[place]
            if line is not None and '"' not in line:
                found.append(self._plain(line))
                place += 1
                continue
            taken = 1
            if line is None:
                found.append(RowFault.ENCODING)
            elif (quoted := read_quoted(lines, place, last=last)) is None:
                self._open = list(lines[place:])
                break
            else:
                outcome, taken = quoted
                end = (lines[place + taken - 1] or "").removesuffix("\r")
                found.append(outcome if isinstance(outcome, RowFault) else self._filled(outcome, end))
            place += taken
        return found

    @property
    def is_open(self) -> bool:
        """Whether a record waits for more lines."""
        return bool(self._open)

    def _plain(self, line: str) -> Outcome:
        if len(line) * 4 > MAX_LINE_BYTES and is_too_long(line):
            return RowFault.LINE_TOO_LONG
        line = line.removesuffix("\r")
        cells = line.split(",")
        if not line or line[0] in _MAY_BEGIN_AN_EMPTY_ROW:
            return self._filled(cells, line)
        return cells if len(cells) == self._width else self._fit(cells, line)

    def _filled(self, cells: list[str], line: str) -> Outcome:
        if not any(map(str.strip, cells)):
            return None
        return cells if len(cells) == self._width else self._fit(cells, line)


def read_quoted(
    lines: Sequence[Line], place: int, *, last: bool, max_lines: int = MAX_RECORD_LINES
) -> tuple[list[str] | RowFault, int] | None:
    """The record that begins at `place`, with the number of its lines; None if it needs lines that follow."""
    ended = False

    def source() -> Iterator[str]:
        nonlocal ended
        size = 0
        for number in range(place, min(place + max_lines, len(lines))):
            line = lines[number]
            size += len(line or "") + 1
            if line is None or size > MAX_LINE_BYTES:
                return
            yield f"{line}\n"
        ended = place + max_lines > len(lines)

    if is_too_long(lines[place] or ""):
        return RowFault.LINE_TOO_LONG, 1
    reader = csv.reader(source(), strict=True)
    try:
        cells = next(reader)
    except (csv.Error, ValueError, StopIteration):
        return None if ended and not last else (RowFault.QUOTES, 1)
    return cells, reader.line_num


def is_quoted(cell: str, line: str) -> bool:
    """Whether the last cell of a record stands in quotation marks, given the record's last line."""
    _, broken, end = cell.replace('"', '""').rpartition("\n")
    return line.endswith(f'{end}"' if broken else f'"{end}"')


def is_too_long(line: str) -> bool:
    """Whether a line has more bytes than are read; a character has up to four in UTF-8, two in CP932."""
    return len(line) * 4 > MAX_LINE_BYTES and len(line.encode("utf-8", "surrogatepass")) > MAX_LINE_BYTES


def cut(cells: Cells) -> Cells:
    """The cells, each as far as any rule sees it (decision 016)."""
    return [cell[:MAX_CELL_LENGTH] for cell in cells]


def split_json(lines: Sequence[Line]) -> list[Outcome]:
    """The records of lines of one JSON object each, in the order of `MEMBER_COLUMNS`."""
    return [_json_cells(line) for line in lines]


def _json_cells(line: Line) -> Outcome:
    if line is None:
        return RowFault.ENCODING
    if is_too_long(line):
        return RowFault.LINE_TOO_LONG
    if not line.strip():
        return None
    try:
        members = from_json(line)
    except ValueError:
        return RowFault.JSON
    if not isinstance(members, dict):
        return RowFault.JSON
    cells = [""] * len(MEMBER_COLUMNS)
    for name, value in members.items():
        if name not in _POSITIONS:
            return RowFault.UNKNOWN_COLUMN
        text = value if isinstance(value, str) else _cell_text(name, value)
        if text is None:
            return RowFault.JSON
        cells[_POSITIONS[name]] = text
    return cells


def _cell_text(name: str, value: object) -> str | None:
    """A number or a flag as the text of a CSV cell; None for anything else."""
    if value is None or (value is False and name in _FLAGS):
        return ""
    if value is True and name in _FLAGS:
        return "1"
    if isinstance(value, int) and not isinstance(value, bool) and -_MAX_NUMBER < value < _MAX_NUMBER:
        return str(value)
    return None
