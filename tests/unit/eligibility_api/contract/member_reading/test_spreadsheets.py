"""Member files as spreadsheets write them: headings, rows, line breaks, and the end of the file (rules F1 to F3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.member_columns import COLUMN_TEXTS
from eligibility_api.contract.member_file import MEMBER_COLUMNS
from eligibility_api.contract.member_reading.headings import HeadingError, UnknownColumn, read_headings
from eligibility_api.contract.member_reading.records import MAX_RECORD_LINES
from eligibility_api.contract.uploads import FileFormat
from tests.builders.member_rows import CELLS, ReadFile, read_bytes, read_text

HEADER = ",".join(CELLS)


def line(**changes: str) -> str:
    return ",".join((dict(CELLS) | changes).values())


def read(*lines: str, header: str = HEADER) -> ReadFile:
    return read_text("".join(f"{each}\n" for each in (header, *lines)))


# F2: headings.


@pytest.mark.parametrize("column", MEMBER_COLUMNS)
def test_a_column_is_recognised_by_each_of_its_names(column: str) -> None:
    texts = COLUMN_TEXTS[column]
    others = ("insurer_number", "number", "relationship", "name", "sex", "birth_date", "acquired_on")
    required = [each for each in others if each != column]
    for heading in (column, texts.ja, *texts.headings):
        for written in (heading, f" {heading} ", heading.upper(), f"{heading[:1]}\n{heading[1:]}"):
            assert read_headings([written, *required]).columns == (column, *required)


def test_no_heading_names_two_columns() -> None:
    names = [name for column, texts in COLUMN_TEXTS.items() for name in {column, texts.ja, *texts.headings}]
    assert len(names) == len(set(names)) > len(MEMBER_COLUMNS)
    assert COLUMN_TEXTS.keys() == set(MEMBER_COLUMNS)


def test_columns_have_japanese_headings_in_any_order() -> None:
    shuffled = {column: CELLS[column] for column in reversed(list(CELLS))}
    header = ",".join(COLUMN_TEXTS[column].ja for column in shuffled)
    found = read(",".join(shuffled.values()), header=header)
    assert found.faults == []
    assert found.rows[2] == {**CELLS, "certificate_kind": "01"}


def test_unknown_columns_are_passed_over_and_named_with_their_filled_cells() -> None:
    found = read(f"x,{line()},,y,", f",{line(number='2')},,,", header=f"整理番号,{HEADER},,備考,")
    assert [*found.rows] == [2, 3]
    assert found.faults == []
    assert found.unknown == {"A": ("整理番号", 1), "N": ("", 0), "O": ("備考", 1), "P": ("", 0)}


@pytest.mark.parametrize(
    ("place", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")]
)
def test_a_column_has_the_letters_of_a_spreadsheet(place: int, letters: str) -> None:
    assert UnknownColumn(place, "").letters == letters


@pytest.mark.parametrize(
    ("heading", "shown"),
    [
        ("備考", "備考"),
        ("備考 \n 1", "備考 1"),
        ("1234-567", ""),
        ("０１２３４", ""),
        ("\x07", ""),
        ("見" * 50, "見" * 40 + "…"),
    ],
)
def test_a_heading_that_may_be_a_value_is_not_shown(heading: str, shown: str) -> None:
    headings = read_headings([*CELLS, heading])
    assert [column.heading for column in headings.unknown] == [shown]


@pytest.mark.parametrize(
    ("header", "missing", "repeated"),
    [
        (
            line(),
            ("insurer_number", "number", "relationship", "name", "sex", "birth_date", "acquired_on"),
            (),
        ),
        (HEADER.replace("name,", "x,"), ("name",), ()),
        (f"{HEADER},氏名", (), ("name",)),
        (f"{HEADER},備考,備考", None, None),
        (HEADER.replace("name_kana,", "").replace("address,", ""), None, None),
    ],
)
def test_a_heading_row_lacks_no_required_column_and_has_none_twice(
    header: str, missing: tuple[str, ...] | None, repeated: tuple[str, ...] | None
) -> None:
    if missing is None:
        assert read(line(), header=header).count == 1
        return
    with pytest.raises(HeadingError) as refused:
        read(line(), header=header)
    assert (refused.value.missing, refused.value.repeated) == (missing, repeated)
    assert "試験" not in f"{refused.value}{refused.value.details}"


# F3: rows.


def test_rows_are_numbered_as_a_spreadsheet_counts_them() -> None:
    found = read(
        line(),
        "",
        line(address='"架空県\n見本市\n1-1"'),
        ",,,,,,,,,,,",
        line(sex="F"),
        line(number="9"),
        "",
        '"",,,,,,,,,,,',
        header='"保険者\n番号",' + HEADER.partition(",")[2],
    )
    assert [*found.rows] == [2, 4, 7]
    assert found.rows[4]["address"] == "架空県 見本市 1-1"
    assert found.faults == [(6, "sex", "code")]
    assert found.count == 4


def test_faults_are_sorted_by_row_and_column_whatever_kind_they_are() -> None:
    rows = [f"{line(sex='F', name='')},", "x", f"{line()},2024-01-01", f"{line(number='', branch='x')},"]
    assert read(*rows, header=f"{HEADER},lost_on").faults == [
        (2, "name", "required"),
        (2, "sex", "code"),
        (3, None, "cells"),
        (4, "lost_on", "period"),
        (4, "reason_of_loss", "reason-of-loss"),
        (5, "number", "required"),
        (5, "branch", "form"),
    ]


@pytest.mark.parametrize(
    ("row", "read_as"),
    [
        (line() + ",,,", True),
        (line() + ", \u3000,", True),
        (line() + ",,x", False),
        (",".join(line().split(",")[:-1]), False),
    ],
)
def test_empty_cells_behind_the_last_column_do_not_matter(row: str, read_as: bool) -> None:
    found = read(row)
    assert bool(found.rows) is read_as
    assert found.faults == ([] if read_as else [(2, None, "cells")])


@pytest.mark.parametrize(
    ("header", "row", "read_as"),
    [
        # The row ends in a whole date, in an empty cell, in a quoted cell.
        (f"{HEADER},lost_on,reason_of_loss", line(), True),
        (f"{HEADER},name_alias,lost_on,reason_of_loss", line() + ",", True),
        (f"{HEADER},name_alias,lost_on,reason_of_loss", line() + ',"通称"', True),
        # It may be a line break in the text that a program did not quote.
        (f"{HEADER},name_alias,lost_on,reason_of_loss", line() + ",通称", False),
        (f"{HEADER},lost_on,reason_of_loss", line(acquired_on="2024/4/1"), False),
    ],
)
def test_a_row_may_end_early_where_nothing_can_be_missing(header: str, row: str, read_as: bool) -> None:
    found = read(row, header=header)
    assert bool(found.rows) is read_as
    assert found.faults == ([] if read_as else [(2, None, "cells")])


@pytest.mark.parametrize(
    "bad", [line(name='"試験'), line(name='"試験"見本'), line(name='"試験') + '\n"x', line(address='"')]
)
def test_an_open_quote_takes_only_its_own_line(bad: str) -> None:
    found = read(line(), bad.partition("\n")[0], line(number="2"), line(number="3"))
    assert [*found.rows] == [2, 4, 5]
    assert found.faults == [(3, None, "quotes")]


def test_a_cell_with_too_many_line_breaks_is_an_open_quote() -> None:
    fits, too_many = ("\n" * (lines - 1) for lines in (MAX_RECORD_LINES, MAX_RECORD_LINES + 1))
    assert read(line(address=f'"架空{fits}県"')).rows[2]["address"] == "架空 県"
    found = read(line(address=f'"架空{too_many}県"'), line(number="2"))
    assert found.faults[0] == (2, None, "quotes")
    assert [cells["number"] for cells in found.rows.values()] == ["2"]


@given(st.lists(st.integers(1, 400), max_size=12), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_the_result_does_not_depend_on_where_the_stream_is_cut(
    cuts: list[int], ending: str, broken: bool
) -> None:
    address = '"架空県\n見本市"' if broken else '"架空県,見本市"'
    lines = [
        HEADER,
        line(address=address),
        line(name='"試験'),
        "",
        line(number="3"),
        line(number="4", address='"架"'),
    ]
    data = "".join(f"{each}{ending}" for each in lines).encode()
    parts = []
    for size in cuts:
        parts.append(data[:size])
        data = data[size:]
    found = read_bytes([*parts, data])
    assert [*found.rows] == [2, 5, 6]
    assert found.faults == [(3, None, "quotes")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_encodings_and_line_endings_of_japanese_spreadsheets(encoding: str, ending: str) -> None:
    header = ",".join(COLUMN_TEXTS[column].ja for column in CELLS)
    data = ending.join([header, line(name="髙﨑　①"), ""]).encode(encoding)
    found = read_bytes([data], encoding=encoding.removesuffix("-sig"))
    assert found.rows[2]["name"] == "髙﨑　①"


# F1: the end of the file.


def unterminated(last_column: str, cell: str, file_format: FileFormat = FileFormat.CSV) -> ReadFile:
    header, row = f"{HEADER},{last_column}", f"{line(number='2')},{cell}"
    return read_bytes([f"{header}\n{line()},\n{row}".encode()], file_format=file_format)


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("reason_of_loss", '"03"'),
        ("valid_to", "2027-03-31"),
        ("valid_to", "2027/03/31"),
        ("valid_to", "令和9年3月31日"),
        ("valid_to", "20270331"),
        ("nondisclosure", "1"),
        ("name_alias", '"通称"'),
        ("備考", "何でも"),
        ("備考", ""),
    ],
)
def test_a_last_row_without_line_break_is_read_if_it_cannot_be_cut_off(column: str, cell: str) -> None:
    with_reason = column == "reason_of_loss"
    found = unterminated(column, cell)
    if with_reason:
        assert found.faults == [(3, "reason_of_loss", "reason-of-loss")]
    else:
        assert (found.faults, [*found.rows]) == ([], [2, 3])


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("valid_to", "2027/3/3"),
        ("valid_to", "2027-03-3"),
        ("valid_to", ""),
        ("name_alias", "通称"),
        ("name_alias", ""),
        ("nondisclosure", ""),
        ("nondisclosure", "T"),
        ("limit_class", "B"),
        ("limit_class", ""),
        ("elderly_burden_ratio", "2"),
        ("disease_1_self_pay", "1000"),
    ],
)
def test_a_last_row_without_line_break_that_may_be_cut_off_is_a_fault(column: str, cell: str) -> None:
    found = unterminated(column, cell)
    assert [*found.rows] == [2]
    assert found.faults == [(3, None, "cut-off")]


def test_no_cut_of_the_last_row_is_accepted_silently() -> None:
    whole = f"{HEADER},name_alias\n{line()},\n{line(number='2', address='架空県')},通称名です\n".encode()
    outcomes = set()
    for cut in range(1, 60):
        try:
            found = read_bytes([whole[:-cut]])
        except ShikakuError as refused:
            outcomes.add(refused.code)
        else:
            outcomes.add(str(([*found.rows], found.faults)))
    assert outcomes == {"file-truncated", "([2], [(3, None, 'cut-off')])"}


@pytest.mark.parametrize(("end", "rows"), [("}", [1]), ("", None), (',"symb', None)])
def test_a_last_json_object_without_line_break_is_whole_or_the_file_is_cut(
    end: str, rows: list[int] | None
) -> None:
    body = "{" + ",".join(f'"{column}":"{cell}"' for column, cell in CELLS.items()) + end
    if rows is None:
        with pytest.raises(ShikakuError, match="file-truncated"):
            read_bytes([body.encode()], file_format=FileFormat.JSON_LINES)
    else:
        assert [*read_bytes([body.encode()], file_format=FileFormat.JSON_LINES).rows] == rows


@pytest.mark.parametrize(
    "text", ["", "a", HEADER, f'{HEADER}\n"', f"{HEADER}\n{line()}\n,,", f"{HEADER}\n{line()}\nx"]
)
def test_a_file_without_whole_rows_is_cut_off(text: str) -> None:
    with pytest.raises(ShikakuError, match="file-truncated"):
        read_text(text)


def test_a_file_of_many_insurers_is_read_for_a_program_that_serves_them() -> None:
    rows = [line(), line(insurer_number="138057"), line(insurer_number="00138057", number="2")]
    found = read_text("\n".join([HEADER, *rows, ""]), None)
    assert [cells["insurer_number"] for cells in found.rows.values()] == ["01130012", "138057", "138057"]
