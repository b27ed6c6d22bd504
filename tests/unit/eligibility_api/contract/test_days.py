"""Days as people write them, in the Western calendar and in eras (元号)."""

from contextlib import suppress
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.days import ERAS, MAX_DAY_LENGTH, UnreadableDay, in_era, parse_day

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
        "㍼55年5月17日",
        "1980年05月17日",
        "\t1980-05-17\r\n",
    ],
)
def test_the_same_date_in_many_forms(text: str) -> None:
    assert parse_day(text) == BORN


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
    assert parse_day(text) == day


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
        "1867-12-31",
        "5550517",
        "29358",
        "1980⁄5⁄17",
        "①980-05-17x",
        "0000-00-00",
        "9999-99-99",
        "1980--05-17",
        "昭和昭和55年5月17日",
        "平55.5.17",
    ],
)
def test_an_invalid_date_is_rejected(text: str) -> None:
    with pytest.raises(UnreadableDay, match=r"^not a day$"):
        parse_day(text)


FIRST_DAYS = (("令和", "R", date(2019, 5, 1)), ("平成", "H", date(1989, 1, 8)), ("昭和", "S", date(1926, 12, 25)),
              ("大正", "T", date(1912, 7, 30)), ("明治", "M", date(1868, 1, 25)))  # fmt: skip
WIDE = str.maketrans("0123456789-/.", "０１２３４５６７８９－／．")


def era_of(day: date) -> tuple[str, str, int]:
    """An era's name and letter, and the year in it."""
    name, letter, first = next(era for era in FIRST_DAYS if day >= era[2])
    return name, letter, day.year - first.year + 1


@given(st.dates(date(1868, 1, 25), date(2030, 12, 31)), st.booleans())
def test_any_day_is_read_in_every_way_of_writing_it(day: date, wide: bool) -> None:
    name, letter, year = era_of(day)
    first = "元" if year == 1 else year
    forms = [
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{letter}{year}.{day.month}.{day.day}",
        f"{letter.lower()}{year}-{day.month:02d}-{day.day:02d}",
        f"{letter}{year:02d}{day.month:02d}{day.day:02d}",
        f"{name}{first}年{day.month}月{day.day}日",
        f"{name} {first} 年 {day.month} 月 {day.day} 日",
        in_era(day),
    ]
    for form in forms:
        assert parse_day(form.translate(WIDE) if wide else f" {form} ") == day, form


@given(
    st.text(max_size=MAX_DAY_LENGTH + 2) | st.text("0123456789年月日昭和元SHR./-", max_size=MAX_DAY_LENGTH)
)
def test_any_other_text_is_no_date_and_nothing_worse(text: str) -> None:
    with suppress(UnreadableDay):
        assert parse_day(parse_day(text).isoformat()) == parse_day(text)


@pytest.mark.parametrize(
    ("text", "day"), [("T15.12.25", date(1926, 12, 25)), ("S1.12.25", date(1926, 12, 25))]
)
def test_a_day_that_two_eras_share_is_read_in_both(text: str, day: date) -> None:
    assert parse_day(text) == day
    assert in_era(day) == "昭和元年12月25日"


def test_a_long_text_is_refused_unseen() -> None:
    with pytest.raises(UnreadableDay):
        parse_day(" " * MAX_DAY_LENGTH + "1980-05-17")


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (date(1985, 4, 1), "昭和60年4月1日"),
        (date(2019, 4, 30), "平成31年4月30日"),
        (date(2019, 5, 1), "令和元年5月1日"),
        (date(2026, 11, 30), "令和8年11月30日"),
        (date(1868, 1, 24), "1868-01-24"),
    ],
)
def test_a_day_is_shown_in_its_era(day: date, shown: str) -> None:
    assert in_era(day) == shown


def test_each_era_begins_where_the_former_ends() -> None:
    assert len(ERAS) == 5
    for former, era in pairwise(ERAS):
        assert (era.first - former.last).days == (0 if era.letter in "TS" else 1)
