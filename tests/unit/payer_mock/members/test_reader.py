"""Reading of a member file by an insurer's program: the fund's reader, with requests for the fund."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from eligibility_api.contract.codes import ReasonOfLoss
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.member_reading.headings import HeadingError
from payer_mock.members.reader import Member, MemberFile
from tests.unit.payer_mock.builders import CELLS, INSURER, LEFT, line, members_file

TODAY = date(2026, 4, 1)
Found = tuple[list[Member], list[tuple[int, str | None, str]]]


def read(path: Path) -> Found:
    members: list[Member] = []
    faults: list[tuple[int, str | None, str]] = []
    for block in MemberFile(path, TODAY).blocks():
        members += block.records
        faults += [(fault.row, fault.column, fault.code.value) for fault in block.faults]
    return members, faults


def member(folder: Path, **changes: str) -> Member:
    [found], faults = read(members_file(folder, line(**changes)))
    assert faults == []
    return found


def test_a_row_without_lost_on_has_no_end(tmp_path: Path) -> None:
    found = member(tmp_path)
    assert (found.row, found.joining.acquired_on, found.leaving) == (2, date(2020, 4, 1), None)
    assert found.cells == {column: cell for column, cell in CELLS.items() if cell} | {
        "certificate_kind": "01",
        "name_kana": "カクウ ハナコ",
    }


def test_a_row_with_lost_on_gives_an_enrolment_without_it_and_an_end(tmp_path: Path) -> None:
    found = member(tmp_path, **LEFT)
    assert (found.joining.lost_on, found.joining.reason_of_loss) == (None, None)
    assert found.leaving is not None
    assert found.leaving.lost_on == date(2026, 3, 1)
    assert found.leaving.reason_of_loss is ReasonOfLoss.OTHER_INSURANCE
    assert found.leaving.birth_date == found.joining.birth_date


def test_what_a_spreadsheet_makes_of_a_row_is_the_same_request(tmp_path: Path) -> None:
    usual = member(tmp_path)
    sheet = member(
        tmp_path,
        insurer_number=INSURER.lstrip("0"),
        branch="0",
        relationship="本人",
        sex="女",
        birth_date="S55.2.3",
        postal_code="0000000",
        acquired_on="2020/4/1",
    )
    assert sheet.joining == usual.joining


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"insurer_number": "01130013"}, [("insurer_number", "insurer-number")]),
        ({"insurer_number": ""}, [("insurer_number", "required")]),
        ({"number": "123456789018"}, [("number", "my-number-refused")]),
        ({"symbol": "１２３４-５６７８-９０１８"}, [("symbol", "my-number-refused")]),
        ({"sex": "F", "name": ""}, [("name", "required"), ("sex", "code")]),
        ({"birth_date": "1980-02-30"}, [("birth_date", "day")]),
        ({"acquired_on": "2020-04-01T00:00:00", "lost_on": "8.3.1"}, [("acquired_on", "day"), ("lost_on", "day")]),
        ({"lost_on": "2026-03-01"}, [("reason_of_loss", "reason-of-loss")]),
        (LEFT | {"lost_on": "2020-04-01"}, [("lost_on", "period")]),
    ],
)  # fmt: skip
def test_faults_of_a_bad_row_name_row_column_and_rule_in_their_order(
    tmp_path: Path, changes: dict[str, str], faults: list[tuple[str, str]]
) -> None:
    members, found = read(members_file(tmp_path, line(number="9"), line(**changes)))
    assert [each.row for each in members] == [2]
    assert found == [(3, column, code) for column, code in faults]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_file_may_have_either_encoding(tmp_path: Path, encoding: str, ending: str) -> None:
    path = members_file(tmp_path, line())
    path.write_bytes(path.read_text(encoding="utf-8").replace("\n", ending).encode(encoding))
    assert [each.joining.name for each in read(path)[0]] == ["架空　花子"]


def test_the_encoding_is_found_behind_many_ascii_rows(tmp_path: Path) -> None:
    ascii_rows = (
        line(number=str(n), symbol="A", name="A B", name_kana="", address="1-1") for n in range(1_500)
    )
    path = members_file(tmp_path, *ascii_rows, line())
    path.write_bytes(path.read_text(encoding="utf-8").encode("cp932"))
    assert read(path)[0][-1].joining.name == "架空　花子"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "file-truncated"), (b"PK\x03\x04", "file-workbook"), (b"a,b\n1,2\n", "file-header"), (b"a", "file-truncated")],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_with_the_funds_code(
    tmp_path: Path, content: bytes, code: str
) -> None:
    path = tmp_path / "members.csv"
    path.write_bytes(content)
    with pytest.raises(ShikakuError, match=code):
        read(path)


def test_a_wrong_heading_row_names_our_columns_and_nothing_of_the_file(tmp_path: Path) -> None:
    header = ",".join(CELLS).replace("insurer_number,", "").replace("branch", "sex") + ",my_number\n"
    with pytest.raises(HeadingError) as caught:
        read(members_file(tmp_path, line(), header=header))
    assert (caught.value.missing, caught.value.repeated) == (("insurer_number",), ("sex",))
    assert "my_number" not in f"{caught.value} {caught.value.details}"


def test_json_lines_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "members.jsonl"
    cells = ", ".join(f'"{column}": "{cell}"' for column, cell in CELLS.items() if cell)
    path.write_text(f"{{{cells}}}\n", encoding="utf-8")
    assert [each.row for each in read(path)[0]] == [1]
