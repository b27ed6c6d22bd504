"""CSV tables of the clinic's own software."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clinic_terminal.queries.csv_table import TableError, read_table
from tests.depth import max_examples

HEADER = "tag,insurer_number,symbol,number,branch,birth_date"
ROW = "A-1,01130012,見本,345,00,1980-02-03"


def table(folder: Path, content: bytes, max_rows: int = 10) -> list[dict[str, str]]:
    path = folder / "table.csv"
    path.write_bytes(content)
    return read_table(path, "tag", max_rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_are_read_in_each_encoding(tmp_path: Path, encoding: str, end: str) -> None:
    [row] = table(tmp_path, f"{HEADER}{end}{ROW}{end}".encode(encoding))
    assert (row["tag"], row["symbol"], row["birth_date"]) == ("A-1", "見本", "1980-02-03")


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1130012", "01130012"),
        ("00138057", "138057"),
        ("１３８０５７", "138057"),
        ("06139999", "06139999"),
        ("", ""),
        ("東京", "東京"),
    ],
)
def test_the_zeros_that_a_spreadsheet_took_from_an_insurer_number_are_restored(
    tmp_path: Path, written: str, number: str
) -> None:
    """Rule I4. A text that is no insurer number stays: the row's request refuses it."""
    [row] = table(tmp_path, f"{HEADER}\nA-1,{written},見本,0345,00,1980-02-03\n".encode())
    assert (row["insurer_number"], row["number"]) == (number, "0345")


def test_other_columns_are_ignored(tmp_path: Path) -> None:
    [row] = table(tmp_path, f"name,{HEADER}\n架空 花子,{ROW}\n".encode())
    assert "name" not in row
    assert row["number"] == "345"


def test_symbol_and_branch_may_be_missing(tmp_path: Path) -> None:
    [row] = table(tmp_path, b"tag,insurer_number,number,birth_date\nA-1,01130012,345,1980-02-03\n")
    assert (row["symbol"], row["branch"]) == ("", "")


def test_a_short_row_has_empty_fields(tmp_path: Path) -> None:
    [row] = table(tmp_path, f"{HEADER}\nA-1,01130012\n".encode())
    assert (row["number"], row["birth_date"]) == ("", "")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "columns missing: tag, insurer_number, number, birth_date"),
        (f"{HEADER}\n".encode(), "from 1 to 10 rows, not 0"),
        (f"{HEADER}\n{(ROW + chr(10)) * 11}".encode(), "from 1 to 10 rows, not 11"),
        (f"{HEADER}\n{ROW}\n ,{ROW[4:]}\n".encode(), "row 2 has no tag"),
        (f'{HEADER}\n"A-1" x,{ROW[4:]}\n'.encode(), "not CSV"),
        (b"tag\x81", "neither UTF-8 nor CP932"),
    ],
)
def test_an_unusable_file_is_rejected_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(TableError) as caught:
        table(tmp_path, content)
    assert str(caught.value).split("\n")[1] == reason


CELL = st.text("見本カナｶﾅ１1Aａ,\"'; 　①髙", max_size=8)
ROWS = st.lists(st.fixed_dictionaries(dict.fromkeys(HEADER.split(","), CELL)), min_size=1, max_size=6)


@max_examples(50)
@given(ROWS, st.sampled_from(["utf-8", "utf-8-sig", "cp932"]), st.permutations(HEADER.split(",")))
def test_a_table_is_read_as_another_program_wrote_it(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]], encoding: str, columns: list[str]
) -> None:
    rows = [row | {"tag": f"A-{number}"} for number, row in enumerate(rows)]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    content = text.getvalue().encode(encoding)
    try:
        ambiguous = encoding == "cp932" and content.decode("utf-8") != text.getvalue()
    except UnicodeDecodeError:
        ambiguous = False
    assume(not ambiguous)  # bytes that are UTF-8 too are read as such
    assert table(tmp_path_factory.getbasetemp(), content) == rows


@pytest.mark.parametrize(("rows", "accepted"), [(0, False), (1, True), (3, True), (4, False)])
def test_the_number_of_rows_is_limited(tmp_path: Path, rows: int, accepted: bool) -> None:
    content = "\n".join([HEADER, *[ROW] * rows, ""]).encode()
    if accepted:
        assert len(table(tmp_path, content, max_rows=3)) == rows
    else:
        with pytest.raises(TableError, match=f"行数は1～3です（{rows}行）"):
            table(tmp_path, content, max_rows=3)
