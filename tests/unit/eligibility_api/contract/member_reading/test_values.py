"""Cells as people write them: what can be meant in one way only is read, the rest is a fault (rule F4)."""

from __future__ import annotations

import pytest

from tests.builders.member_rows import read_cells

WELFARE, MUNICIPAL, LATE_ELDERLY = "12131058", "138057", "39131156"


@pytest.mark.parametrize(
    ("column", "written", "read"),
    [
        ("birth_date", "1985/4/1", "1985-04-01"),
        ("birth_date", "1985.4.1", "1985-04-01"),
        ("birth_date", "19850401", "1985-04-01"),
        ("birth_date", "S60.4.1", "1985-04-01"),
        ("birth_date", "s60/4/1", "1985-04-01"),
        ("birth_date", "昭和60年4月1日", "1985-04-01"),
        ("birth_date", "昭和６０年４月１日", "1985-04-01"),
        ("birth_date", "１９８５－０４－０１", "1985-04-01"),
        ("birth_date", "平成元年1月8日", "1989-01-08"),
        ("acquired_on", "R6.4.1", "2024-04-01"),
        ("acquired_on", " 2024-04-01 ", "2024-04-01"),
        ("sex", "男", "1"),
        ("sex", "女", "2"),
        ("sex", "女性", "2"),
        ("sex", "２", "2"),
        ("relationship", "本人", "1"),
        ("relationship", "被扶養者", "2"),
        ("branch", "1", "01"),
        ("branch", "０", "00"),
        ("postal_code", "0600001", "060-0001"),
        ("postal_code", "600001", "060-0001"),
        ("postal_code", "10010", "001-0010"),
        ("postal_code", "60-0001", "060-0001"),
        ("postal_code", "〒０６０－０００１", "060-0001"),
        ("certificate_kind", "1", "01"),
        ("certificate_kind", "０５", "05"),
        ("nondisclosure", "○", "1"),
        ("nondisclosure", "TRUE", "1"),
        ("nondisclosure", "0", ""),
        ("nondisclosure", "非該当", ""),
        ("insurer_number", "1130012", "01130012"),
        ("insurer_number", "０１１３００１２", "01130012"),
        ("insurer_number", '="01130012"', "01130012"),
        ("number", '="0012"', "0012"),
        ("number", "１２３", "１２３"),
        ("name_kana", "ｼｹﾝ ﾐﾎﾝ", "シケン ミホン"),
        ("name_kana", "しけん　みほん", "シケン ミホン"),
        ("name_kana", "", ""),
        ("name_kana", "\u3000", ""),
        ("address", "", ""),
        ("address", "架空県見本市1-1\r\n見本ビル", "架空県見本市1-1 見本ビル"),
        ("address", "架空県見本市1-1\n", "架空県見本市1-1"),
        ("lost_on", "   ", ""),
    ],
)
def test_a_cell_that_means_one_thing_is_read_as_it(column: str, written: str, read: str) -> None:
    found = read_cells(**{column: written})
    assert found.faults == []
    assert found.rows[2].get(column, "") == read


@pytest.mark.parametrize(
    ("column", "written", "code"),
    [
        ("birth_date", "60/4/1", "day"),
        ("birth_date", "4/1/1985", "day"),
        ("birth_date", "S64.1.8", "day"),
        ("birth_date", "平成31年5月1日", "day"),
        ("birth_date", "昭和60年13月1日", "day"),
        ("birth_date", "1985-02-29", "day"),
        ("birth_date", "1867-12-31", "day"),
        ("birth_date", "31138", "day"),
        ("birth_date", "1985-04-01 0:00:00", "day"),
        ("sex", "F", "code"),
        ("sex", "男女", "code"),
        ("sex", "", "required"),
        ("sex", " ", "required"),
        ("relationship", "妻", "code"),
        ("branch", "000", "form"),
        ("branch", "a", "form"),
        ("postal_code", "1234", "form"),
        ("postal_code", "12-345", "form"),
        ("nondisclosure", "?", "code"),
        ("certificate_kind", "9", "code"),
        ("number", "1.23E+11", "scientific-notation"),
        ("number", "1E+05", "scientific-notation"),
        ("symbol", "4.0E+03", "scientific-notation"),
        ("number", "123456789018", "my-number-refused"),
        ("insurer_number", "1130013", "leading-zeros"),
        ("insurer_number", "13005", "leading-zeros"),
        ("insurer_number", "01130013", "insurer-number"),
        ("insurer_number", "51136018", "insurer-number"),
        ("insurer_number", "138057", "other-insurer"),
        ("insurer_number", "123456789018", "my-number-refused"),
        ("name", '="=cmd"', "formula"),
        ("name", "=1+1", "formula"),
        ("address", "架" * 199 + "\n\n", "text"),
        ("address", "架\t空", "text"),
        ("address", "架空\n" * 10 + "架" * 180, "text"),
        ("name", " " * 201, "text"),
        ("number", "1" + "\n" * 30 + " " * 200, "text"),
    ],
)
def test_a_cell_that_may_mean_several_things_or_nothing_is_a_fault(
    column: str, written: str, code: str
) -> None:
    found = read_cells(**{column: written})
    assert (found.rows, found.faults) == ({}, [(2, column, code)])


@pytest.mark.parametrize("written", ["138057", "00138057", "１３８０５７", " 138057"])
def test_a_municipal_insurer_has_one_number_however_it_is_written(written: str) -> None:
    assert read_cells(MUNICIPAL, insurer_number=written).rows[2]["insurer_number"] == MUNICIPAL


@pytest.mark.parametrize(
    ("written", "read"), [("0123455", "0123455"), ("123455", "0123455"), ("１２３４５５", "0123455")]
)
def test_a_recipient_s_number_gets_its_zeros_back(written: str, read: str) -> None:
    aid = {"certificate_kind": "A1", "symbol": "", "branch": "", "number": written}
    found = read_cells(WELFARE, **aid)
    assert (found.faults, found.rows[2]["number"]) == ([], read)


def test_a_recipient_s_number_with_a_wrong_check_digit_is_a_fault() -> None:
    found = read_cells(WELFARE, certificate_kind="A1", symbol="", branch="", number="123456")
    assert found.faults == [(2, "number", "scheme")]


def test_the_zeros_of_a_free_number_are_not_guessed() -> None:
    assert read_cells(number="12").rows[2]["number"] == "12"
