"""Filters of medicines: what each leaves of a list, and what the whole list has."""

from __future__ import annotations

from typing import Any

import pytest

from clinic_terminal.pages.history.choice import Choice, Months, choose, first_month
from eligibility_api.contract.history import Origin
from tests.builders.clinic import long_history
from tests.builders.clinic.histories import CLINIC, OTHER, PHARMACY, group, medications, medicine

ROWS = [
    medicine(1, month="2026-04", overlaps=[2]),
    medicine(2, month="2026-02", prescriber=OTHER, origin=Origin.DISPENSING, overlaps=[1]),
    medicine(3, month="2025-04", ingredient_code="9900002", drug_code="990000201"),
    medicine(
        4, month="2021-05", ingredient_code=None, drug_code="990000301", prescriber=None, institution=OTHER
    ),
]
LIST = medications(group("9900001", *ROWS[:2]), group("9900002", ROWS[2]), group(None, ROWS[3]))


@pytest.mark.parametrize(
    ("choice", "rows"),
    [
        (Choice(), [1, 2]),
        (Choice(Months.THREE), [1, 2]),
        (Choice(Months.ALL), [1, 2, 3, 4]),
        (Choice(Months.ALL, prescriber=OTHER.institution_code), [2, 4]),
        (Choice(Months.ALL, prescriber=CLINIC.institution_code), [1, 3]),
        (Choice(Months.ALL, prescriber=PHARMACY.institution_code), []),
        (Choice(Months.ALL, origin=Origin.DISPENSING), [2]),
        (Choice(Months.ALL, overlaps=True), [1, 2]),
        (Choice(overlaps=True, origin=Origin.CLAIM), [1]),
    ],
    ids=str,
)
def test_a_choice_leaves_these_rows_and_no_empty_group(choice: Choice, rows: list[int]) -> None:
    chosen = choose(LIST, choice)
    assert [row.row for row in chosen.rows] == rows
    assert (chosen.shown, chosen.total) == (len(rows), len(ROWS))
    assert all(one.medicines for one in chosen.groups)


def test_the_whole_list_is_counted_whatever_is_shown() -> None:
    chosen = choose(LIST, Choice(overlaps=True))
    assert (chosen.ingredients, chosen.dispensers) == (3, 2)
    assert [one.institution_code for one in chosen.prescribers] == [
        OTHER.institution_code,
        CLINIC.institution_code,
    ]


def test_a_group_is_marked_only_by_the_rows_that_it_shows() -> None:
    rows = [medicine(1, overlaps=[]), medicine(2, origin=Origin.DISPENSING, overlaps=[9])]
    chosen = choose(medications(group("9900001", *rows)), Choice(Months.ALL, origin=Origin.CLAIM))
    assert [one.overlaps for one in chosen.groups] == [False]


@pytest.mark.parametrize(
    ("last", "months", "first"),
    [("2026-04", 12, "2025-05"), ("2026-04", 3, "2026-02"), ("2026-01", 3, "2025-11"), ("2026-12", 12, "2026-01"),
     ("2026-04", 60, "2021-05"), ("2026-04", 1, "2026-04")],
)  # fmt: skip
def test_months_are_counted_back_from_the_last_one(last: str, months: int, first: str) -> None:
    assert first_month(last, months) == first


@pytest.mark.parametrize(
    ("choice", "filters"),
    [(Choice(Months.ALL), False), (Choice(), True), (Choice(Months.ALL, overlaps=True), True)],
    ids=str,
)
def test_a_choice_that_leaves_nothing_out_has_nothing_to_clear(choice: Choice, filters: Any) -> None:
    assert choice.filters() is filters


def test_the_long_list_has_its_numbers() -> None:
    chosen = choose(long_history.by_ingredient(), Choice(Months.ALL))
    assert (chosen.total, chosen.ingredients, chosen.dispensers) == (81, 34, 29)
    assert len(long_history.NAME_OF_40_CHARACTERS) == 40
    assert [row.row for row in long_history.rows()] == list(range(1, 82))
