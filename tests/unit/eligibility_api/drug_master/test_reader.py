"""The drug master's reader: the real column order, both encodings, and faults by line."""

from __future__ import annotations

import pytest

from eligibility_api.drug_master.reader import COLUMNS, MasterDrug, MasterFaults, read_master
from eligibility_api.drug_master.store import shipped

ROW = (
    '0,"Y","990000101",12,"架空降圧錠５ｍｇ「見本」",14,"ｶｸｳｺｳｱﾂｼﾞﾖｳ5MG",016,1,"錠",1,20.10,0,0,0,0,0,0,0,0,0,0,1,'
    "1,20.10,0,0,1,0,20260401,99999999,9901001F1015,101,0,架空降圧錠５ｍｇ"
)


def with_column(number: int, value: str) -> str:
    """The row with another value in a column, counted from 1."""
    cells = ROW.replace('"', "").split(",")
    cells[number - 1] = value
    return ",".join(cells)


def read(*rows: str) -> list[MasterDrug]:
    return read_master("\r\n".join([*rows, ""]).encode()).drugs


def test_the_shipped_master_is_read_completely() -> None:
    drugs = {drug.drug_code: drug for drug in read_master(shipped()).drugs}
    assert len(drugs) == len(shipped().splitlines())
    tablet = drugs["990000102"]
    assert (tablet.name, tablet.unit, tablet.generic) == ("架空降圧錠５ｍｇ「試験」", "錠", True)
    assert tablet.price_list_code == "9901001F1023"
    assert drugs["990000190"].price_list_code is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_quotes_encoding_and_end_of_file_byte_do_not_matter(encoding: str) -> None:
    content = f"{ROW}\r\n".encode(encoding) + b"\x1a"
    assert read_master(content).drugs == read(with_column(1, "0"))


def test_additional_columns_of_later_editions_are_ignored() -> None:
    assert read(ROW + ",20260401,9901001F1ZZZ,架空一般名") == read(ROW)


def test_an_abolished_drug_keeps_its_name_and_an_erased_one_is_removed() -> None:
    assert [drug.drug_code for drug in read(with_column(1, "9"))] == ["990000101"]
    erased = read_master(with_column(1, "1").encode())
    assert (erased.drugs, erased.erased) == ([], ["990000101"])


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        (1, "7", "変更区分"),
        (2, "S", "マスター種別"),
        (3, "99000010", "医薬品コード"),
        (5, "　", "漢字名称"),
        (8, "x", "単位コード"),
        (17, "", "後発品"),
        (31, "2026", "廃止年月日"),
        (32, "9901001F", "薬価基準収載医薬品コード"),
    ],
)
def test_a_fault_is_reported_by_line_and_column(column: int, value: str, rule: str) -> None:
    with pytest.raises(MasterFaults) as refused:
        read(ROW, with_column(column, value))
    assert refused.value.faults == [(2, rule)]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", (1, "empty")),
        (b"0,Y\0", (1, "no line of a table")),
        (b"\x81\xff\n", (1, "neither UTF-8 nor CP932")),
        (b"0,Y,990000101\r\n", (1, f"3 columns, not {COLUMNS}")),
        (f"{ROW}\n{ROW}\n".encode(), (2, "医薬品コード: twice")),
        (b'0,"' + b"x" * 200_000, (1, "no line of a table")),
    ],
)
def test_a_file_that_is_no_master_is_rejected(content: bytes, fault: tuple[int, str]) -> None:
    with pytest.raises(MasterFaults) as refused:
        read_master(content)
    assert refused.value.faults[0] == fault
