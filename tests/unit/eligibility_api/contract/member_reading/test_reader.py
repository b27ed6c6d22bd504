"""The reader of member files accepts the rows that the single call accepts, with the same values, and no others."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from eligibility_api.contract.enrolment import EnrolmentRequest
from eligibility_api.contract.member_file import (
    DISEASE_COLUMNS,
    GROUP_COLUMNS,
    ITEM_COLUMNS,
    MAX_DISEASES,
    MEMBER_COLUMNS,
    disease_column,
    group_column,
)
from eligibility_api.contract.member_reading.block import Block, Rows
from eligibility_api.contract.member_reading.reader import MemberReader
from eligibility_api.contract.uploads import FileFormat, RowFault
from eligibility_api.domain.membership import comparable
from eligibility_api.enrolment.service import content_of
from eligibility_api.uploads.records import RECORD_COLUMNS, StagedRow, staging_reader

OWN = "01130012"
TODAY = date(2026, 4, 1)
GOOD = {
    "insurer_number": OWN,
    "symbol": "見本",
    "number": "1234567",
    "branch": "00",
    "relationship": "1",
    "name": "試験　見本",
    "name_kana": "シケン ミホン",
    "sex": "2",
    "birth_date": "1980-05-17",
    "address": "架空県見本市1-1",
    "acquired_on": "2024-04-01",
}
LIMIT = {
    "limit_kind": "01",
    "limit_class": "A03",
    "limit_valid_from": "2024-08-01",
    "limit_valid_to": "2025-07-31",
}
DAYS = (
    "",
    "2024-04-01",
    "S60.4.1",
    "1985/4/1",
    "昭和60年4月1日",
    "R8.13.1",
    "60/4/1",
    "2024-03-31",
    "1959-01-01",
    "2024-02-30",
    "20240401",
    "２０２４-04-01",
)
NUMBERS = (
    "",
    "1",
    "１２３",
    "1234-567",
    "123456789018",
    "１２３４５６７８９０１８",
    "⑫345",
    "a" * 20,
    "a" * 21,
    "1234567",
)
TEXTS = ("", "試験", "=1+1", "-1", "-a", "@x", "+81", "a\tb", "a" * 200, "a" * 201, "髙﨑", "\\N", "x\x7f")
CODES = (
    "",
    "0",
    "1",
    "2",
    "3",
    "01",
    "02",
    "99",
    "A1",
    "A03",
    "B10",
    "10",
    "30",
    "１",
    "男",
    "家族",
    "2割",
    "○",
    "20,000円",
    "20001",
    "20000",
    "007",
)
KANA = (
    "",
    "ｼｹﾝ ﾐﾎﾝ",
    "しけん　みほん",
    "シケン　ミホン",
    "\u3000",
    "㌖" * 100,
    "ア" * 200,
    "ア" * 201,
    "=1",
    "シ\x7f",
)
COLUMN_TEXTS = {
    "number": NUMBERS,
    "symbol": NUMBERS,
    "branch": ("", "00", "1", "０１", "012"),
    "postal_code": ("", "000-0010", "0000010", "10010", "〒000-0010", "1-0010", "123"),
    "insurer_number": (OWN, OWN, "138057", "", "1130012", "０１１３００１２"),
    "name_kana": KANA,
    "name_alias_kana": KANA,
}


def texts_of(column: str) -> tuple[str, ...]:
    if column in COLUMN_TEXTS:
        return COLUMN_TEXTS[column]
    if column.endswith(("_on", "_date", "_from", "_to")):
        return DAYS
    is_text = "name" in column or column == "address"
    return TEXTS if is_text else CODES


@st.composite
def rows(draw: st.DrawFn) -> dict[str, str]:
    """A valid row with a few cells replaced: mostly valid, otherwise faulty in one or two cells."""
    cells = dict.fromkeys(MEMBER_COLUMNS, "") | GOOD | draw(st.sampled_from(({}, LIMIT)))
    for column in draw(st.lists(st.sampled_from(MEMBER_COLUMNS), max_size=3, unique=True)):
        cells[column] = draw(st.sampled_from(texts_of(column)))
    return cells


def by_model(cells: dict[str, str], insurer_number: str = OWN) -> EnrolmentRequest | None:
    """The row as the single call's model parses it; None if it is rejected."""
    try:
        request = EnrolmentRequest.model_validate(body_of(cells))
    except ValidationError:
        return None
    return request if request.insurer_number == insurer_number else None


def body_of(cells: dict[str, str]) -> dict[str, Any]:
    """The request equivalent to a row: exact texts, numbers and flags as their own types."""
    body: dict[str, Any] = {name: _value(name, cells[name]) for name in ITEM_COLUMNS if cells[name]}
    for name, (prefix, items) in GROUP_COLUMNS.items():
        group = {item: cells[group_column(prefix, item)] for item in items}
        if any(group.values()):
            body[name] = {item: _value(item, text) for item, text in group.items() if text}
    diseases = [
        {item: cells[disease_column(place, item)] for item in DISEASE_COLUMNS}
        for place in range(1, MAX_DISEASES + 1)
    ]
    body["specific_diseases"] = [
        {item: _value(item, text) for item, text in disease.items() if text}
        for disease in diseases
        if any(disease.values())
    ]
    return body


def _value(name: str, text: str) -> object:
    if name in {"burden_ratio", "self_pay"}:
        return int(text) if text.isascii() and text.isdigit() and str(int(text)) == text else text
    if name in {"nondisclosure", "self_disclosure_blocked"}:
        return True if text == "1" else "neither"
    return text


def read(cells: dict[str, str], insurer_number: str = OWN) -> Block[StagedRow]:
    reader = staging_reader(insurer_number, FileFormat.CSV, "utf-8", TODAY)
    header = ",".join(MEMBER_COLUMNS)
    return reader.feed(f"{header}\n{','.join(cells.values())}\n".encode())


def canonical(cells: dict[str, str]) -> dict[str, str] | None:
    """The canonical texts of a row; None if it is rejected."""
    found: list[dict[str, str]] = []

    def keep(rows: Rows) -> list[None]:
        found.extend(
            {name: rows.texts[name][place] for name in MEMBER_COLUMNS} for place in range(len(rows.numbers))
        )
        return []

    reader: MemberReader[None] = MemberReader(OWN, FileFormat.CSV, "utf-8", TODAY, keep)
    reader.feed(f"{','.join(MEMBER_COLUMNS)}\n{','.join(cells.values())}\n".encode())
    return found[0] if found else None


def is_formula(text: str) -> bool:
    return text[:1] in {"=", "+", "@"} or (text[:1] == "-" and not text[1:2].isdigit())


@given(rows())
def test_a_row_is_accepted_if_the_single_call_accepts_it_and_no_cell_is_a_formula(
    cells: dict[str, str],
) -> None:
    request = by_model(cells)
    if request is None or any(map(is_formula, cells.values())) or any(map(str.isspace, cells.values())):
        return
    [record] = read(cells).records
    content = content_of(request)
    assert record[-1] == content["digest"]
    assert dict(zip(RECORD_COLUMNS, record, strict=True))["name_kana"] == content["name_kana"]
    assert record[2:5] == comparable(request.symbol, request.number, request.branch)


@given(rows())
def test_what_is_read_of_a_row_the_single_call_accepts_with_the_same_values(cells: dict[str, str]) -> None:
    """Rule F4."""
    texts, block = canonical(cells), read(cells)
    if texts is None:
        assert (block.records, {fault.row for fault in block.faults}) == ([], {2})
        return
    request = by_model(texts)
    assert request is not None
    [record] = block.records
    assert record[-1] == content_of(request)["digest"]
    assert canonical(texts) == texts


@pytest.mark.parametrize(
    ("insurer_number", "cells", "accepted"),
    [
        ("12131058", {"certificate_kind": "A1", "symbol": "", "branch": "", "number": "1234566"}, True),
        ("12131058", {"certificate_kind": "A1", "symbol": "", "branch": "", "number": "1234567"}, False),
        ("12131058", {"certificate_kind": "01"}, False),
        ("39131156", {"branch": "", "birth_date": "1945-01-01"}, True),
        ("39131156", {"branch": "", "birth_date": "1959-04-01"}, True),
        ("39131156", {"branch": "", "birth_date": "1959-04-02"}, False),
        ("39131156", {"branch": "00", "birth_date": "1945-01-01"}, False),
    ],
)
def test_schemes_have_the_rules_of_the_single_call(
    insurer_number: str, cells: dict[str, str], accepted: bool
) -> None:
    row = dict.fromkeys(MEMBER_COLUMNS, "") | GOOD | {"insurer_number": insurer_number} | cells
    assert (by_model(row, insurer_number) is not None) is accepted
    assert bool(read(row, insurer_number).records) is accepted


@given(st.lists(st.integers(1, 60), max_size=30), st.booleans())
def test_the_result_does_not_depend_on_where_the_stream_is_cut(cuts: list[int], quoted: bool) -> None:
    name = '"試験,見本"' if quoted else "試験見本"
    row = dict.fromkeys(MEMBER_COLUMNS, "") | GOOD | {"name": name}
    lines = [",".join(MEMBER_COLUMNS), *(",".join((row | {"number": str(n)}).values()) for n in range(1, 4))]
    data = "".join(f"{line}\r\n" for line in lines).encode()
    reader = staging_reader(OWN, FileFormat.CSV, "utf-8", TODAY)
    records = []
    for cut in cuts:
        records += reader.feed(data[:cut]).records
        data = data[cut:]
    records += reader.feed(data).records
    assert [(record[0], record[3]) for record in records] == [(2, "1"), (3, "2"), (4, "3")]


JSON_ROW = '{"insurer_number":"01130012","number":"7","relationship":"1","name":"試験","name_kana":"シケン",'
JSON_REST = '"sex":"2","birth_date":"1980-05-17","address":"架空県","acquired_on":"2024-04-01"'


@pytest.mark.parametrize(
    ("end", "fault"),
    [
        ("}", None),
        (',"nondisclosure":true,"lost_on":null}', None),
        (
            ',"disease_1":"1","disease_1_valid_from":"2024-04-01","disease_1_valid_to":"2025-03-31","disease_1_self_pay":10000}',
            None,
        ),
        # Rule S11: a certificate may lack a last day, but no first one.
        (',"limit_kind":"01","limit_class":"A03","limit_valid_from":"2024-04-01"}', None),
        (',"elderly_valid_from":"2024-04-01","elderly_burden_ratio":20}', None),
        (',"disease_1":"1","disease_1_valid_from":"2024-04-01"}', None),
        (
            ',"elderly_valid_from":"2024-04-01","elderly_valid_to":"2024-03-31","elderly_burden_ratio":20}',
            RowFault.PERIOD,
        ),
        (',"elderly_valid_to":"2024-04-01","elderly_burden_ratio":20}', RowFault.REQUIRED),
        (',"colour":"red"}', RowFault.UNKNOWN_COLUMN),
        (',"symbol":1.5}', RowFault.JSON),
        (',"symbol":["a"]}', RowFault.JSON),
        (',"symbol":"\\ud800"}', RowFault.JSON),
        (',"symbol":"a\\u0000"}', RowFault.TEXT),
        ("", RowFault.JSON),
    ],
)
def test_a_json_line_is_one_flat_object(end: str, fault: RowFault | None) -> None:
    reader = staging_reader(OWN, FileFormat.JSON_LINES, "utf-8", TODAY)
    block = reader.feed(f"{JSON_ROW}{JSON_REST}{end}\n{JSON_ROW}{JSON_REST}}}\n".encode())
    assert [found.code for found in block.faults] == ([fault] if fault else [])
    assert len(block.records) == (1 if fault else 2)
