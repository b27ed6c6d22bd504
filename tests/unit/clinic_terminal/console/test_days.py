"""Days on the screens of a reception have the era after ISO 8601."""

from __future__ import annotations

from datetime import date

import pytest

from clinic_terminal.console.days import day_text, period_text


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(1985, 6, 15), "1985-06-15（昭和60年6月15日）"),
        (date(1989, 1, 7), "1989-01-07（昭和64年1月7日）"),
        (date(1989, 1, 8), "1989-01-08（平成元年1月8日）"),
        (date(2019, 5, 1), "2019-05-01（令和元年5月1日）"),
        (date(1868, 1, 25), "1868-01-25（明治元年1月25日）"),
        (date(1868, 1, 24), "1868-01-24"),
    ],
)
def test_a_day_is_followed_by_its_era(day: date, text: str) -> None:
    assert day_text(day) == text


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (date(2026, 8, 1), date(2027, 7, 31), "2026-08-01（令和8年8月1日） ～ 2027-07-31（令和9年7月31日）"),
        (None, date(2027, 7, 31), "～ 2027-07-31（令和9年7月31日）"),
        (date(2026, 8, 1), None, "2026-08-01（令和8年8月1日） ～"),
        (None, None, "～"),
    ],
)
def test_either_end_of_a_period_may_be_open(first: date | None, last: date | None, text: str) -> None:
    assert period_text(first, last) == text
