"""What rows of medicines mean together: days of supply (rule H7), days of overlap, one place or two."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from clinic_terminal.queries.medicines import Days, Overlaps, days_of_supply, dose, is_dispensed_by_prescriber
from tests.builders.clinic.histories import CLINIC, OTHER, PHARMACY, medicine

DAY = date(2026, 2, 14)


@pytest.mark.parametrize(
    ("changes", "days"),
    [
        ({"times": 28}, Days(DAY, date(2026, 3, 14))),
        ({"times": 1}, Days(DAY, date(2026, 2, 15))),
        ({"times": None}, None),
        ({"times": 0}, None),
        ({"on": None}, None),
        ({"act": "22"}, None),
        ({"act": "23"}, None),
        ({"act": None}, None),
    ],
    ids=str,
)
def test_only_an_oral_medicine_with_a_day_has_days_of_supply(
    changes: dict[str, Any], days: Days | None
) -> None:
    assert days_of_supply(medicine(**changes)) == days


def row(number: int, day: int, times: int, overlaps: list[int], **changes: Any) -> Any:
    return medicine(number, on=date(2026, 2, day), times=times, overlaps=overlaps, **changes)


@pytest.mark.parametrize(
    ("rows", "days"),
    [
        ([row(1, 10, 7, [2]), row(2, 1, 14, [1])], 5),
        ([row(1, 10, 7, [2, 3]), row(2, 1, 14, [1]), row(3, 12, 2, [1])], 5),
        ([row(1, 10, 7, [2, 3]), row(2, 1, 10, [1]), row(3, 16, 5, [1])], 2),
        ([row(1, 10, 7, []), row(2, 1, 14, [])], 0),
        ([row(1, 10, 7, [9])], 0),
        ([row(1, 10, 7, [2]), row(2, 1, 14, [1], act="23")], 0),
        ([], 0),
    ],
    ids=[
        "one pair",
        "three, same days once",
        "two separate days",
        "not marked",
        "unknown row",
        "no supply",
        "nothing",
    ],
)
def test_days_of_overlap_are_those_of_marked_rows_each_once(rows: list[Any], days: int) -> None:
    assert Overlaps(rows).days(rows) == days


def test_the_other_row_counts_even_if_it_is_not_shown() -> None:
    rows = [row(1, 10, 7, [2]), row(2, 1, 14, [1])]
    assert Overlaps(rows).days(rows[:1]) == 5


@pytest.mark.parametrize(
    ("prescriber", "at", "same"),
    [(CLINIC, CLINIC, True), (CLINIC, PHARMACY, False), (None, OTHER, False)],
    ids=str,
)
def test_one_place_or_two(prescriber: Any, at: Any, same: bool) -> None:
    assert is_dispensed_by_prescriber(medicine(prescriber=prescriber, institution=at)) is same


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({}, ["1錠", "内服", "朝食後"]),
        ({"quantity": None}, ["内服", "朝食後"]),
        ({"unit": None, "usage": None}, ["1", "内服", "006"]),
        ({"act": "77", "instruction": "粉砕"}, ["1錠", "77", "朝食後", "粉砕"]),
        ({"quantity": None, "act": None, "usage": None, "usage_code": None}, []),
    ],
    ids=str,
)
def test_a_dose_has_what_was_claimed(changes: dict[str, Any], parts: list[str]) -> None:
    assert dose(medicine(**changes)) == parts
