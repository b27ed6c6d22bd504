"""Parses a member file block by block: from bytes to records of the staging table and faults."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.member_file import MEMBER_COLUMNS
from eligibility_api.contract.member_items import MEMBER_ITEMS, Kind
from eligibility_api.contract.uploads import FileFormat, RowFault
from eligibility_api.domain.text import shape
from eligibility_api.files.streaming import MAX_LINE_BYTES, LineCutter
from eligibility_api.uploads.reading.cells import Cells, Split, csv_splitter, read_header, split_json
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


class Fault(NamedTuple):
    """A fault of a row (counted from 1). `column` and `shape` are None if the whole line is meant."""

    row: int
    column: str | None
    code: RowFault
    shape: str | None


@dataclass(frozen=True, slots=True)
class Block:
    """A parsed block of lines: the number of rows, the valid ones as records, the faults of the others."""

    rows: int
    records: list[tuple[Any, ...]]
    faults: list[Fault]


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
        """Parse the rows that end in `part`. Raises `file-header`."""
        block = self._cutter.feed(part)
        if not block:
            return Block(0, [], [])
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
        numbers, table, faults = self._cells(first, lines)
        if not table:
            return Block(len(lines), [], faults)
        valid, more_faults = self._validate(numbers, table)
        return Block(len(lines), valid, faults + more_faults)

    def _lines(self, block: bytes) -> Sequence[str | None]:
        """The lines; None for one that cannot be decoded."""
        try:
            lines: list[str | None] = [*block.decode(self._encoding).split("\n")]
        except UnicodeDecodeError:
            lines = [_decoded(line, self._encoding) for line in block.split(b"\n")]
        return lines[:-1]

    def _cells(self, first: int, lines: Sequence[str | None]) -> tuple[list[int], list[Cells], list[Fault]]:
        assert self._split is not None
        numbers: list[int] = []
        table: list[Cells] = []
        faults: list[Fault] = []
        for number, line in enumerate(lines, first):
            try:
                cells = self._split(self._check_line(line))
            except BadValue as fault:
                faults.append(Fault(number, None, fault.code, None))
            else:
                numbers.append(number)
                table.append(cells)
        return numbers, table, faults

    def _check_line(self, line: str | None) -> str:
        if line is None:
            raise BadValue(RowFault.ENCODING)
        if len(line) * 4 > MAX_LINE_BYTES and len(line.encode(self._encoding)) > MAX_LINE_BYTES:
            raise BadValue(RowFault.LINE_TOO_LONG)
        return line.removesuffix("\r")

    def _validate(
        self, numbers: Sequence[int], table: Sequence[Cells]
    ) -> tuple[list[tuple[Any, ...]], list[Fault]]:
        """The valid rows as records, and the faults of the others."""
        given = dict(zip(self._header, zip(*table, strict=True), strict=True))
        empty = ("",) * len(table)
        texts: dict[str, Sequence[str]] = {name: given.get(name, empty) for name in MEMBER_COLUMNS}
        faults: list[Fault] = []
        stored: dict[str, Sequence[Any]] = {}
        for column in self._columns:
            cells = texts[column.name]
            stored[column.name], invalid = column.read(cells)
            if invalid:
                found = ((n, text) for n, text in zip(numbers, cells, strict=True) if text in invalid)
                faults += (Fault(n, column.name, invalid[text], shape(text) or None) for n, text in found)
        for name in _KANA:
            texts[name] = [kana or "" for kana in stored[name]]
        for name, default in _DEFAULTS.items():
            texts[name] = stored[name] = [text or default for text in texts[name]]
        groups, group_faults = read_groups(texts, len(table))
        for name, jsons in groups.items():
            texts[name] = jsons
            stored[name] = [json or None for json in jsons]
        faults += self._faults(numbers, texts, group_faults)
        faults += self._faults(numbers, texts, period_faults(texts))
        faults += self._faults(numbers, texts, scheme_faults(texts, self._insurer_number))
        bad = {fault.row for fault in faults}
        rows = records(numbers, texts, stored, self._keys)
        return [row for row in rows if row[0] not in bad] if bad else list(rows), faults

    @staticmethod
    def _faults(
        numbers: Sequence[int],
        texts: dict[str, Sequence[str]],
        found: Iterable[PositionedFault],
    ) -> list[Fault]:
        return [Fault(numbers[n], column, code, shape(texts[column][n]) or None) for n, column, code in found]


def _decoded(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None
