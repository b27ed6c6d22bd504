"""Reads a member file block by block: from bytes to records and faults."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Generic

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.lines import LineCutter
from eligibility_api.contract.member_file import MEMBER_COLUMNS, REQUIRED_COLUMNS
from eligibility_api.contract.member_items import MEMBER_ITEMS
from eligibility_api.contract.member_reading.block import Block, Record, Rows
from eligibility_api.contract.member_reading.columns import is_open_ended, member_columns
from eligibility_api.contract.member_reading.encoding import BOM
from eligibility_api.contract.member_reading.faults import Faults
from eligibility_api.contract.member_reading.groups import add_groups
from eligibility_api.contract.member_reading.headings import (
    HeadingError,
    Headings,
    UnknownColumn,
    read_headings,
)
from eligibility_api.contract.member_reading.plausibility import implausible
from eligibility_api.contract.member_reading.records import (
    MAX_CELL_LENGTH,
    MAX_HEADING_LINES,
    Cells,
    CsvRecords,
    Line,
    Outcome,
    cut,
    is_quoted,
    read_quoted,
    split_json,
)
from eligibility_api.contract.member_reading.rows import period_faults, scheme_faults
from eligibility_api.contract.uploads import FileFormat, RowFault

_DEFAULTS = {item.name: item.default for item in MEMBER_ITEMS if item.default is not None}
"""Values stored for an empty cell."""

_JSON_HEADINGS = Headings(MEMBER_COLUMNS)

_CUT = frozenset({RowFault.ENCODING, RowFault.LINE_TOO_LONG, RowFault.QUOTES, RowFault.CELLS, RowFault.JSON})
"""Faults of a last row without line break that show a truncated file."""


class MemberReader(Generic[Record]):
    """Reads one file, of one insurer or of several. Not thread-safe.

    Rows are numbered as a spreadsheet counts them: the heading row of a CSV file is row 1, a row with line
    breaks in a quoted cell is one row, an empty one counts. Of JSON Lines it is the line.
    """

    def __init__(
        self,
        insurer_number: str | None,
        file_format: FileFormat,
        encoding: str,
        today: date | None,
        records: Callable[[Rows], Iterable[Record]],
    ) -> None:
        """`insurer_number` is the only one allowed, or None for any; `records` makes records of valid rows.

        `today` is the day by which ages are compared; without it there are no plausibility findings.
        """
        self._encoding = encoding
        self._today = today
        self._make_records = records
        self._cutter = LineCutter()
        self._columns = member_columns(insurer_number)
        self._csv: CsvRecords | None = None
        self._headings: Headings | None = _JSON_HEADINGS if file_format is FileFormat.JSON_LINES else None
        self._at_start = True
        self._heading_lines: list[Line] = []
        self._row = 0
        self._unterminated = False

    @property
    def unknown_columns(self) -> Sequence[UnknownColumn]:
        """Columns of the file that no member file has; known once its first row is read."""
        return self._headings.unknown if self._headings is not None else ()

    def feed(self, part: bytes) -> Block[Record]:
        """Read the rows that end in `part`. Raises HeadingError (`file-header`).

        The memory that it takes is proportional to the part: a row may be as short as its line break.
        """
        lines = self._lines(self._cutter.feed(part))
        return self._read(lines) if lines else Block()

    def finish(self) -> Block[Record]:
        """Read what has no line break at the end of the file. Raises HeadingError, `file-truncated`.

        A last row without line break counts if nothing can be missing; it is a fault if its last cell may be
        longer, and the file is truncated if a cell is open or missing.
        """
        rest = self._cutter.finish()
        if self._headings is None:
            raise ShikakuError("file-truncated") if self._at_start or rest else HeadingError()
        self._unterminated = bool(rest)
        return self._read(self._lines(rest + b"\n") if rest else [], last=True)

    def _lines(self, block: bytes) -> list[Line]:
        """The lines of a block of whole lines; None for one that cannot be decoded."""
        if not block:
            return []
        if self._at_start:
            self._at_start = False
            block = block.removeprefix(BOM)
        try:
            lines: list[Line] = [*block.decode(self._encoding).split("\n")]
        except UnicodeDecodeError:
            lines = [_decoded(line, self._encoding) for line in block.split(b"\n")]
        return lines[:-1]

    def _read(self, lines: Sequence[Line], *, last: bool = False) -> Block[Record]:
        if self._headings is None:
            lines = self._read_headings(lines)
            if self._headings is None:
                return Block()
        outcomes = split_json(lines) if self._csv is None else self._csv.split(lines, last=last)
        if last and self._unterminated and outcomes:
            outcomes = [*outcomes[:-1], self._check_end(outcomes[-1], lines[-1] or "")]
        return self._block(outcomes)

    def _read_headings(self, lines: Sequence[Line]) -> Sequence[Line]:
        """Read the heading row, once it is complete; returns the lines behind it."""
        lines = [*self._heading_lines, *lines]
        read = read_quoted(lines, 0, last=False, max_lines=MAX_HEADING_LINES)
        if read is None:
            self._heading_lines = list(lines)
            return ()
        cells, taken = read
        if isinstance(cells, RowFault):
            raise HeadingError
        self._headings = read_headings(cells)
        self._csv = CsvRecords(len(cells), self._fit)
        self._row = 1
        self._heading_lines = []
        return lines[taken:]

    def _fit(self, cells: list[str], line: str) -> Outcome:
        """One cell for each column. Spreadsheets leave out empty cells at the end of a row, or add some."""
        assert self._headings is not None
        columns = self._headings.columns
        if len(cells) > len(columns):
            return RowFault.CELLS if any(map(str.strip, cells[len(columns) :])) else cells[: len(columns)]
        absent = columns[len(cells) :]
        end = cells[-1]
        is_part = end and not is_quoted(end, line) and is_open_ended(columns[len(cells) - 1], end)
        if is_part or self._unterminated or not set(REQUIRED_COLUMNS).isdisjoint(absent):
            return RowFault.CELLS
        return [*cells, *[""] * len(absent)]

    def _check_end(self, outcome: Outcome, line: str) -> Outcome:
        """The outcome of a last row without line break, or its fault. Raises `file-truncated`."""
        if (isinstance(outcome, RowFault) and outcome in _CUT) or (outcome is None and "," in line):
            raise ShikakuError("file-truncated")
        if outcome is None or isinstance(outcome, RowFault) or self._headings is _JSON_HEADINGS:
            return outcome
        assert self._headings is not None
        is_part = not is_quoted(outcome[-1], line) and is_open_ended(self._headings.columns[-1], outcome[-1])
        return RowFault.CUT_OFF if is_part else outcome

    def _block(self, outcomes: Sequence[Outcome]) -> Block[Record]:
        faults = Faults()
        numbers: list[int] = []
        table: list[Cells] = []
        empty = 0
        for number, outcome in enumerate(outcomes, self._row + 1):
            if outcome is None:
                empty += 1
            elif isinstance(outcome, RowFault):
                faults.add(number, None, outcome)
            else:
                numbers.append(number)
                table.append(outcome)
        self._row += len(outcomes)
        block: Block[Record] = Block(len(outcomes) - empty)
        if table:
            self._validate(numbers, table, faults, block)
        block.counts, block.faults = faults.counts, faults.first()
        return block

    def _validate(
        self, numbers: Sequence[int], table: Sequence[Cells], faults: Faults, block: Block[Record]
    ) -> None:
        """Add the valid rows as records, and the faults of the others."""
        rows = self._valid_cells(numbers, table, faults, block)
        # Relations are checked of rows whose cells are valid, so that nothing else sees an invalid text.
        if not rows.numbers:
            return
        for name, default in _DEFAULTS.items():
            rows.texts[name] = rows.stored[name] = [text or default for text in rows.texts[name]]
        related = [*add_groups(rows), *period_faults(rows.texts), *scheme_faults(rows)]
        for n, name, code in related:
            faults.add(rows.numbers[n], name, code, rows.texts[name][n])
        rows = rows.without({rows.numbers[n] for n, _, _ in related})
        for n, name, code in implausible(rows, self._today) if self._today else ():
            faults.add(rows.numbers[n], name, code, rows.texts[name][n])
        block.records += self._make_records(rows)

    def _valid_cells(
        self, numbers: Sequence[int], table: Sequence[Cells], faults: Faults, block: Block[Record]
    ) -> Rows:
        """The rows of which every cell is valid."""
        given = self._given(table, block)
        empty, absent = ("",) * len(table), (None,) * len(table)
        rows = Rows(numbers, {})
        bad: set[int] = set()
        for column in self._columns:
            cells = given.get(column.name, empty)
            if cells is empty and not column.required:
                rows.texts[column.name], rows.stored[column.name] = empty, absent
                continue
            rows.texts[column.name], rows.stored[column.name], invalid = column.read(cells)
            if invalid:
                faulty = ((n, text) for n, text in zip(numbers, cells, strict=True) if text in invalid)
                for number, text in faulty:
                    bad.add(number)
                    faults.add(number, column.name, invalid[text], text)
        return rows.without(bad)

    def _given(self, table: Sequence[Cells], block: Block[Record]) -> dict[str, Sequence[str]]:
        """The cells of columns that have any, as far as rules see them (decision 016); counts what is passed over."""
        assert self._headings is not None
        given: dict[str, Sequence[str]] = {}
        for place, (column, cells) in enumerate(
            zip(self._headings.columns, zip(*table, strict=True), strict=True)
        ):
            if not any(cells):
                continue
            if column is None:
                block.passed_over[place] += sum(not cell.isspace() for cell in filter(None, cells))
            else:
                given[column] = cut(cells) if max(map(len, cells)) > MAX_CELL_LENGTH else cells
        return given


def _decoded(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None
