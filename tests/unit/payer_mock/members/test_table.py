"""Reading a member file as a table."""

from pathlib import Path

import pytest

from payer_mock.members.table import Fault, HeaderError, Row, open_table, read_table
from tests.unit.payer_mock.builders import CELLS, line, members_file

HEADER = ",".join(CELLS) + "\n"


def rows(*lines: str, header: str = HEADER) -> list[Row]:
    return list(read_table([header, *lines]))


def test_a_row_has_its_filled_cells_and_its_number_in_a_spreadsheet() -> None:
    assert rows(line()) == [Row(2, {column: cell for column, cell in CELLS.items() if cell})]


def test_columns_are_accepted_in_any_order_and_certificate_kind_is_optional() -> None:
    header = ",".join((*reversed(CELLS), "certificate_kind")) + "\n"
    cells = ",".join((*reversed(CELLS.values()), "01")) + "\n"
    assert rows(cells, header=header)[0].cells["certificate_kind"] == "01"


def test_a_quoted_cell_can_contain_commas_and_quotation_marks() -> None:
    assert rows(line(address='"架空県, ""模擬""市"'))[0].cells["address"] == '架空県, "模擬"市'


def test_empty_lines_are_skipped_but_counted() -> None:
    assert [row.number for row in rows("\n", line(), "  \n", line())] == [3, 5]


@pytest.mark.parametrize(
    ("invalid", "code"),
    [
        (line(name='"架空'), "csv"),
        (line(name='"架空"花子'), "csv"),
        (line(name="架" * 140_000), "csv"),
        ("1,2,3\n", "cell-count"),
        (line().strip() + ",\n", "cell-count"),
    ],
)
def test_an_invalid_line_is_one_fault_and_the_next_one_is_read(invalid: str, code: str) -> None:
    invalid_row, good_row = rows(invalid, line())
    assert invalid_row == Row(2, {}, Fault(2, None, code))
    assert good_row.fault is None


@pytest.mark.parametrize(
    "header",
    [
        "",
        "\n",
        '"',
        line(),
        HEADER.replace("insurer_number,", ""),
        HEADER.strip() + ",my_number\n",
        HEADER.strip() + ",name\n",
    ],
)
def test_a_wrong_header_is_rejected_before_any_row_and_not_repeated(header: str) -> None:
    with pytest.raises(HeaderError) as caught:
        read_table([header, line()])
    assert "架空" not in str(caught.value)
    assert "my_number" not in str(caught.value)


def test_an_empty_file_has_no_header() -> None:
    with pytest.raises(HeaderError):
        read_table([])


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_a_file_is_utf_8_with_or_without_byte_order_mark(tmp_path: Path, mark: bytes, ending: bytes) -> None:
    path = members_file(tmp_path, line())
    path.write_bytes(mark + path.read_bytes().replace(b"\n", ending))
    with open_table(path) as lines:
        assert [row.cells["name"] for row in read_table(lines)] == ["架空　花子"]
