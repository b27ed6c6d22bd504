"""Parses a member file block by block: from bytes to records of the staging table and faults."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.member_file import MEMBER_COLUMNS
from eligibility_api.contract.member_items import MEMBER_ITEMS, Kind
from eligibility_api.contract.uploads import FileFormat, RowFault
from eligibility_api.files.streaming import MAX_LINE_BYTES, LineCutter
from eligibility_api.uploads.reading.block import Block
from eligibility_api.uploads.reading.cells import (
    MAX_CELL_LENGTH,
    Cells,
    Split,
    csv_splitter,
    cut,
    read_header,
    split_json,
)
from eligibility_api.uploads.reading.columns import member_columns
from eligibility_api.uploads.reading.encoding import BOM
from eligibility_api.uploads.reading.groups import read_groups
from eligibility_api.uploads.reading.rows import (
    KeyFolder,
    PositionedFault,
    period_faults,
    records,
    scheme_faults,
)
from eligibility_api.uploads.reading.values import BadValue

_KANA = tuple(item.name for item in MEMBER_ITEMS if item.kind is Kind.KANA)
"""Columns stored, and digested, in another form than they are written in."""

_DEFAULTS = {item.name: item.default for item in MEMBER_ITEMS if item.default is not None}
"""Values stored, and digested, for an empty cell."""


class Reader:
    """Parses one file of one insurer. Not thread-safe."""

    def __init__(self, insurer_number: str, file_format: FileFormat, encoding: str) -> None:
        self._insurer_number = insurer_number
        self._encoding = encoding
        self._cutter = LineCutter()
        self._at_start = True
        self._row = 0
        self._columns = member_columns(insurer_number)
        self._keys = KeyFolder()
        self._header: Sequence[str] = MEMBER_COLUMNS
        self._split: Split | None = split_json if file_format is FileFormat.JSON_LINES else None

    def feed(self, part: bytes) -> Block:
        """Parse the rows that end in `part`. Raises `file-header`.

        The memory that it takes is proportional to the part: a row may be as short as its line break.
        """
        block = self._cutter.feed(part)
        if not block:
            return Block()
        if self._at_start:
            self._at_start = False
            block = block.removeprefix(BOM)
            if self._split is None:
                block = self._read_header(block)
        return self._read(block)

    def _read_header(self, block: bytes) -> bytes:
        line, _, rest = block.partition(b"\n")
        try:
            self._header = read_header(line.decode(self._encoding).removesuffix("\r"))
        except UnicodeDecodeError:
            raise ShikakuError("file-header") from None
        self._split = csv_splitter(len(self._header))
        return rest

    def _read(self, block: bytes) -> Block:
        lines = self._lines(block)
        first, self._row = self._row + 1, self._row + len(lines)
        found = Block(len(lines))
        numbers, table = self._cells(first, lines, found)
        if table:
            self._validate(numbers, table, found)
        return found

    def _lines(self, block: bytes) -> Sequence[str | None]:
        """The lines; None for one that cannot be decoded."""
        try:
            lines: list[str | None] = [*block.decode(self._encoding).split("\n")]
        except UnicodeDecodeError:
            lines = [_decoded(line, self._encoding) for line in block.split(b"\n")]
        return lines[:-1]

    def _cells(self, first: int, lines: Sequence[str | None], found: Block) -> tuple[list[int], list[Cells]]:
        assert self._split is not None
        numbers: list[int] = []
        table: list[Cells] = []
        for number, line in enumerate(lines, first):
            try:
                cells = self._split(self._check_line(line))
            except BadValue as fault:
                found.add_fault(number, None, fault.code)
            else:
                numbers.append(number)
                table.append(cells if line is None or len(line) < MAX_CELL_LENGTH else cut(cells))
        return numbers, table

    def _check_line(self, line: str | None) -> str:
        if line is None:
            raise BadValue(RowFault.ENCODING)
        if len(line) * 4 > MAX_LINE_BYTES and len(line.encode(self._encoding)) > MAX_LINE_BYTES:
            raise BadValue(RowFault.LINE_TOO_LONG)
        return line.removesuffix("\r")

    def _validate(self, numbers: Sequence[int], table: Sequence[Cells], found: Block) -> None:
        """Add the valid rows as records, and the faults of the others."""
        given = dict(zip(self._header, zip(*table, strict=True), strict=True))
        empty = ("",) * len(table)
        rows = _Rows(numbers, {name: given.get(name, empty) for name in MEMBER_COLUMNS})
        bad: set[int] = set()
        for column in self._columns:
            cells = rows.texts[column.name]
            rows.stored[column.name], invalid = column.read(cells)
            if invalid:
                faulty = ((n, text) for n, text in zip(numbers, cells, strict=True) if text in invalid)
                for number, text in faulty:
                    bad.add(number)
                    found.add_fault(number, column.name, invalid[text], text)
        # Relations are checked of rows whose cells are valid, so that nothing else sees an invalid text.
        rows = rows.without(bad)
        if not rows.numbers:
            return
        rows.store()
        related = rows.add_groups()
        related += period_faults(rows.texts)
        related += scheme_faults(rows.texts, self._insurer_number)
        for n, name, code in related:
            found.add_fault(rows.numbers[n], name, code, rows.texts[name][n])
        rows = rows.without({rows.numbers[n] for n, _, _ in related})
        found.records += records(rows.numbers, rows.texts, rows.stored, self._keys)


@dataclass(slots=True)
class _Rows:
    """Rows column by column: their numbers, their texts, and the values that are stored."""

    numbers: Sequence[int]
    texts: dict[str, Sequence[str]]
    stored: dict[str, Sequence[Any]] = field(default_factory=dict)

    def without(self, bad: Collection[int]) -> _Rows:
        """The rows that are not `bad`."""
        if not bad:
            return self
        kept = [number not in bad for number in self.numbers]
        return _Rows(
            list(compress(self.numbers, kept)),
            {name: list(compress(texts, kept)) for name, texts in self.texts.items()},
            {name: list(compress(values, kept)) for name, values in self.stored.items()},
        )

    def store(self) -> None:
        """Replace texts that are stored, and digested, in another form than they are written in."""
        for name in _KANA:
            self.texts[name] = [kana or "" for kana in self.stored[name]]
        for name, default in _DEFAULTS.items():
            self.texts[name] = self.stored[name] = [text or default for text in self.texts[name]]

    def add_groups(self) -> list[PositionedFault]:
        """Add the groups of items as columns of JSON; returns their faults."""
        groups, faults = read_groups(self.texts, len(self.numbers))
        for name, jsons in groups.items():
            self.texts[name] = jsons
            self.stored[name] = [json or None for json in jsons]
        return [*faults]


def _decoded(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None
