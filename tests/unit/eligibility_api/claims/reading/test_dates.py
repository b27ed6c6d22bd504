"""Days and months of claims, Western and by era."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.claims.reading.dates import last_day, parse_day, parse_month
from eligibility_api.claims.reading.faults import BadValue


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("20260930", date(2026, 9, 30)),
        ("5080930", date(2026, 9, 30)),
        ("5010501", date(2019, 5, 1)),
        ("4310430", date(2019, 4, 30)),
        ("4010108", date(1989, 1, 8)),
        ("3640107", date(1989, 1, 7)),
        # The days on which 大正 and 昭和 began belong to the eras before them too.
        ("3011225", date(1926, 12, 25)),
        ("2151225", date(1926, 12, 25)),
        ("2010730", date(1912, 7, 30)),
        ("1450730", date(1912, 7, 30)),
        ("1010125", date(1868, 1, 25)),
        ("20240229", date(2024, 2, 29)),
        # A former era's name is read on (H15).
        ("4310501", date(2019, 5, 1)),
        ("4380930", date(2026, 9, 30)),
        ("3640108", date(1989, 1, 8)),
        ("2151226", date(1926, 12, 26)),
        ("1450731", date(1912, 7, 31)),
    ],
)
def test_a_day_is_western_or_of_an_era(text: str, found: date) -> None:
    assert parse_day(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "", "5010430", "4010107", "3011224", "2010729", "1010124", "0010101",
        "6010101", "20230229", "20261301", "20260900", "2026-9-1", "18671231", "22000101", "99991231", "２０２６０９３０",
        "202609", "50809", "5080000", "²0260930",
    ],
)  # fmt: skip
def test_a_text_that_is_no_day_or_before_its_era_is_rejected(text: str) -> None:
    with pytest.raises(BadValue, match="day"):
        parse_day(text)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("202609", date(2026, 9, 1)),
        ("50809", date(2026, 9, 1)),
        ("50105", date(2019, 5, 1)),
        ("43104", date(2019, 4, 1)),
        # An era's last month and the next one's first are the same.
        ("36401", date(1989, 1, 1)),
        ("40101", date(1989, 1, 1)),
        # A former era's name is read on (H15).
        ("43105", date(2019, 5, 1)),
        ("43809", date(2026, 9, 1)),
        ("36402", date(1989, 2, 1)),
    ],
)
def test_a_month_is_western_or_of_an_era_that_includes_one_of_its_days(text: str, first: date) -> None:
    assert parse_month(text) == first


@pytest.mark.parametrize("text", ["", "202613", "50104", "20260901", "5080", "60101", "２０２６０９"])
def test_a_text_that_is_no_month_or_before_its_era_is_rejected(text: str) -> None:
    with pytest.raises(BadValue, match="day"):
        parse_month(text)


@pytest.mark.parametrize("parse", [parse_day, parse_month])
@given(text=st.text("0123456789 /-年", max_size=9))
def test_any_text_is_parsed_or_rejected(parse: Callable[[str], date], text: str) -> None:
    with suppress(BadValue):
        assert date(1868, 1, 1) <= parse(text) < date(2200, 1, 1)


def test_the_last_day_of_a_month() -> None:
    assert [last_day(date(year, 2, 1)).day for year in (2023, 2024, 2000, 2100)] == [28, 29, 29, 28]
