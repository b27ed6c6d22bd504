"""A member file or claim file costs time and memory by its size, whatever its rows contain; no row ends the reading."""

from __future__ import annotations

import csv
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from eligibility_api.contract.bounds import MAX_EXPANSION
from eligibility_api.contract.lines import MAX_FAULTS
from eligibility_api.contract.member_file import MEMBER_COLUMNS
from eligibility_api.contract.member_reading.block import Block
from eligibility_api.contract.member_reading.reader import MemberReader
from eligibility_api.contract.member_reading.records import MAX_CELL_LENGTH, MAX_RECORD_LINES
from eligibility_api.contract.uploads import FileFormat, RowFault
from eligibility_api.files.streaming import PIECE_BYTES, pieces
from eligibility_api.uploads.records import StagedRow, staging_reader
from tests.builders.hostile_texts import HOSTILE, marks, normalised_lengths
from tests.conformance.bad_files import GOOD, line

OWN = "01130012"
TODAY = date(2026, 4, 1)


LATE_ELDERLY = "39131156"


HEADER = ",".join(MEMBER_COLUMNS) + "\n"


def reader_of(body_format: FileFormat = FileFormat.CSV, insurer: str = OWN) -> MemberReader[StagedRow]:
    reader = staging_reader(insurer, body_format, "utf-8", TODAY)
    if body_format is FileFormat.CSV:
        reader.feed(HEADER.encode())
    return reader


def cell_of(length: int, kind: str) -> str:
    return HOSTILE[kind](length).replace("\n", "")


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("column", MEMBER_COLUMNS)
def test_the_worst_cell_of_any_column_is_a_fault_that_costs_no_more_than_a_long_name(
    column: str, kind: str
) -> None:
    reader = reader_of()
    cells = dict(GOOD) | {"number": "1", column: cell_of(15_000, kind)}
    worst = ",".join(cells.get(name, "") for name in MEMBER_COLUMNS)
    with normalised_lengths() as lengths:
        block = reader.feed(f"{worst}\n{line('2')}\n".encode())
    assert {fault.row for fault in block.faults} == {2}
    assert [record[3] for record in block.records] == ["2"]
    assert max(lengths, default=0) <= MAX_CELL_LENGTH * MAX_EXPANSION


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("length", [199, 200, 201, 202, 4_301])
def test_a_long_cell_has_the_fault_and_the_shape_that_a_slightly_longer_one_has(
    length: int, kind: str
) -> None:
    long, much_longer = (
        reader_of().feed(f"{line('1', address=cell_of(size, kind))}\n".encode()).faults
        for size in (max(length, 201), 15_000)
    )
    assert long == much_longer


FALLS: dict[str, tuple[str, dict[str, str], str]] = {
    "an amount of more digits than Python converts": (
        OWN,
        {
            "disease_1": "1",
            "disease_1_valid_from": "2024-04-01",
            "disease_1_valid_to": "2025-03-31",
            "disease_1_self_pay": "9" * 5_000,
        },
        "disease_1_self_pay",
    ),
    "a year of digits that are no numbers": (
        LATE_ELDERLY,
        {"birth_date": "\u00b2" * 4 + "-01-01"},
        "birth_date",
    ),
    "a year of digits of another script": (LATE_ELDERLY, {"birth_date": "١٩٤٠-01-01"}, "birth_date"),
    "an insurer number of marks": (OWN, {"insurer_number": marks(30_000)}, "insurer_number"),
    "a symbol of marks": (OWN, {"symbol": marks(30_000)}, "symbol"),
    "a reading of marks": (OWN, {"name_kana": marks(30_000)}, "name_kana"),
}
"""Rows that once ended the reading, or stopped it for seconds."""


@pytest.mark.parametrize("name", FALLS)
def test_a_row_that_once_felled_the_reader_is_a_fault(name: str) -> None:
    insurer, cells, column = FALLS[name]
    common = {"insurer_number": insurer} | (
        {"branch": "", "birth_date": "1940-01-01"} if insurer == LATE_ELDERLY else {}
    )
    block = reader_of(insurer=insurer).feed(
        f"{line('1', **common | cells)}\n{line('2', **common)}\n".encode()
    )
    assert [(fault.row, fault.column) for fault in block.faults] == [(2, column)]
    assert [record[3] for record in block.records] == ["2"]


@pytest.mark.parametrize(
    "value",
    ["9" * 5_000, "-" + "9" * 4_400, "9" * 250, "1e400", "[" * 500, '"' + "a" * 60_000 + '"', "{" * 200],
    ids=lambda text: f"{text[:8]} ({len(text)})",
)
def test_a_json_value_of_any_size_is_a_fault(value: str) -> None:
    reader = reader_of(FileFormat.JSON_LINES)
    block = reader.feed(f'{{"insurer_number":"{OWN}","number":{value}}}\n'.encode())
    assert block.rows == 1
    assert block.records == []
    assert block.faults


def endless(row: Callable[[int], bytes], size: int) -> Iterator[bytes]:
    """Parts of a file whose rows never end."""
    number = 0
    while True:
        part = bytearray()
        while len(part) < size:
            part += row(number)
            number += 1
        yield bytes(part)


BAD_ROWS: dict[str, tuple[FileFormat, Callable[[int], bytes]]] = {
    "line breaks": (FileFormat.CSV, lambda n: b"\n" * 64),
    "empty objects": (FileFormat.JSON_LINES, lambda n: b"{}\n" * 64),
    "open quotes": (FileFormat.CSV, lambda n: b'1,"a\n' * 16),
    "quoted line breaks": (FileFormat.CSV, lambda n: b'"\n",' * 30 + b"\n"),
    "empty cells": (FileFormat.CSV, lambda n: b"," * (len(MEMBER_COLUMNS) - 1) + b"\n"),
    "long symbols, all different": (
        FileFormat.CSV,
        lambda n: f"{line('1', symbol=f'{n}'.ljust(30_000, '見'), sex='9')}\n".encode(),
    ),
    "long cells everywhere": (FileFormat.CSV, lambda n: f"{n},".encode() + b"x" * 900 + b",\n"),
}


GOOD_ROWS: dict[str, tuple[FileFormat, Callable[[int], bytes]]] = {
    "valid symbols, all different": (
        FileFormat.CSV,
        lambda n: f"{line(str(n), symbol=f'記号{n}')}\n".encode(),
    ),
    "valid readings, all different": (
        FileFormat.CSV,
        lambda n: f"{line(str(n), name_kana=f'シ{n}'.ljust(200, 'ア'))}\n".encode(),
    ),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_memory_stays_flat_however_many_bad_rows_there_are(name: str) -> None:
    file_format, row = BAD_ROWS[name]
    reader, parts = reader_of(file_format), endless(row, 4_096)
    for _ in range(5):
        reader.feed(next(parts))
    tracemalloc.start()
    try:
        for _ in range(15):
            assert not reader.feed(next(parts)).records
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 300_000


@pytest.mark.parametrize("name", GOOD_ROWS)
def test_memory_stays_flat_however_many_different_values_there_are(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eligibility_api.contract.member_reading.columns._MAX_CACHED", 100)
    monkeypatch.setattr("eligibility_api.uploads.records._MAX_CACHED", 100)
    file_format, row = GOOD_ROWS[name]
    reader, parts = reader_of(file_format), endless(row, 16_384)
    for _ in range(10):
        rows = reader.feed(next(parts)).rows
    assert len(reader._make_records.__self__._symbols) <= 100 + rows  # type: ignore[attr-defined]
    for column in reader._columns:
        assert len(column._cache) <= 100 + rows
        assert max(map(len, column._cache), default=0) <= 60


def test_one_piece_of_the_shortest_rows_takes_a_bounded_amount_of_memory() -> None:
    reader = reader_of(FileFormat.JSON_LINES)
    tracemalloc.start()
    try:
        block = reader.feed(b"{}\n" * (PIECE_BYTES // 3))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 120 * 2**20
    assert len(block.faults) == MAX_FAULTS
    assert block.counts.total() > 10 * MAX_FAULTS


@pytest.mark.parametrize(
    "row", [b'1,"a\n', b'"\n', b'""",\n', b'a"\n'], ids=["open", "alone", "doubled", "inside"]
)
def test_a_quotation_mark_lets_no_more_lines_be_read_again_than_a_record_has(
    row: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_lines = 0

    def reader(source: Iterator[str], *, strict: bool) -> Any:
        def counted() -> Iterator[str]:
            nonlocal read_lines
            for text in source:
                read_lines += 1
                yield text

        return csv.reader(counted(), strict=strict)

    opened = reader_of()
    monkeypatch.setattr(
        "eligibility_api.contract.member_reading.records.csv", SimpleNamespace(reader=reader, Error=csv.Error)
    )
    count = 2_000
    for piece in pieces(row * count):
        opened.feed(piece)
    opened.finish()
    assert count / 2 <= read_lines <= (MAX_RECORD_LINES + 1) * count


def test_all_faults_are_counted_and_the_first_ones_stored() -> None:
    reader = reader_of(FileFormat.JSON_LINES)
    whole: Block[StagedRow] = Block()
    for piece in pieces(b"{}\n" * 50_000):
        whole.add(reader.feed(piece))
    assert whole.rows == 50_000
    assert whole.counts[RowFault.REQUIRED, "number"] == 50_000
    assert [fault.row for fault in whole.faults] == sorted(
        fault.row for fault in whole.faults
    ) or whole.faults
    assert len(whole.faults) == MAX_FAULTS


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 5 * PIECE_BYTES - 1])
def test_the_pieces_are_the_part(size: int) -> None:
    part = bytes(range(256)) * (size // 256 + 1)
    found = list(pieces(part[:size]))
    assert b"".join(found) == part[:size]
    assert all(0 < len(piece) <= PIECE_BYTES for piece in found)


def test_the_good_row_is_good() -> None:
    assert GOOD["insurer_number"] == OWN
    block = reader_of().feed(f"{line('1')}\n".encode())
    assert (len(block.records), block.faults, block.counts.total()) == (1, [], 0)
