"""Birth dates as people write them."""

from datetime import date

import pytest

from clinic_terminal.queries.dates import parse_date

BORN = date(1980, 5, 17)


@pytest.mark.parametrize(
    "text",
    [
        "1980-05-17",
        "1980-5-17",
        "1980/05/17",
        "1980.5.17",
        "19800517",
        " １９８０－０５－１７ ",
        "１９８０ー５ー１７",
        "1980年5月17日",
        "S55.5.17",
        "s55-05-17",
        "S550517",
        "Ｓ５５．５．１７",
        "昭和55年5月17日",
        "昭和 55年 5月 17日",
        "昭55.5.17",
    ],
)
def test_the_same_date_in_many_forms(text: str) -> None:
    assert parse_date(text) == BORN


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("明治45年7月29日", date(1912, 7, 29)),
        ("大正元年7月30日", date(1912, 7, 30)),
        ("昭和64年1月7日", date(1989, 1, 7)),
        ("平成元年1月8日", date(1989, 1, 8)),
        ("H31.4.30", date(2019, 4, 30)),
        ("令和元年5月1日", date(2019, 5, 1)),
        ("R6.2.29", date(2024, 2, 29)),
    ],
)
def test_an_era_begins_and_ends_within_a_year(text: str, day: date) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "80-05-17",
        "800517",
        "1980-13-01",
        "1980-02-30",
        "S64.1.8",
        "昭和64年1月8日",
        "H31.5.1",
        "R1.4.30",
        "M1.1.1",
        "S00.1.1",
        "2023-02-29",
        "1980-05-17T00:00",
    ],
)
def test_an_invalid_date_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_date(text)
