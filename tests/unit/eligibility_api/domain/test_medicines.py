"""Medicines of claims, row by row and in groups."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.history import Grouping
from eligibility_api.domain.history import HistoryRecord
from eligibility_api.domain.medicines import (
    Group,
    MedicineRow,
    group_of,
    grouped_order,
    medicine_rows,
    overlap_marks,
)
from tests.builders.known import (
    CLINIC,
    DAY,
    OTHER_CLINIC,
    content,
    dispensing,
    drug,
    known,
    pharmacy,
    prescription,
)

INGREDIENTS = {"990000101": "9901001", "990000102": "9901001"}


def test_a_medical_claim_has_a_row_per_day() -> None:
    """Rule H5."""
    [second, first] = medicine_rows([known(content(drug(days=((10, 14), (24, 7)), times=21)))])
    assert (first.on, first.times, first.prescriber) == (date(2026, 5, 10), 14, CLINIC)
    assert (second.on, second.times) == (date(2026, 5, 24), 7)


def test_a_line_without_days_has_one_row() -> None:
    """Rule H5."""
    [one] = medicine_rows([known(content(drug(times=21)))])
    assert (one.on, one.times) == (None, 21)


def test_a_pharmacy_claim_has_its_day_of_dispensing_and_prescriber() -> None:
    """Rule H5."""
    claimed = content(drug(dispensed_on=DAY), prescriber_code=OTHER_CLINIC)
    [one] = medicine_rows([pharmacy(claimed)])
    assert (one.on, one.times, one.prescriber) == (DAY, 14, OTHER_CLINIC)
    [unnamed] = medicine_rows([pharmacy(content(drug(dispensed_on=DAY)))])
    assert unnamed.prescriber is None


def test_entries_are_listed_on_their_own_day() -> None:
    """Rules H5, H6."""
    rows = medicine_rows([dispensing(on=date(2026, 5, 12)), prescription(on=date(2026, 5, 9))])
    assert [(one.on, one.prescriber) for one in rows] == [
        (date(2026, 5, 12), CLINIC),
        (date(2026, 5, 9), CLINIC),
    ]


@st.composite
def claims(draw: st.DrawFn) -> list[HistoryRecord]:
    """Claims with a few drugs on a few days."""
    days = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 3)), max_size=2).map(tuple)
    drugs = st.lists(st.builds(lambda d: drug(days=d), days), max_size=3)
    return [
        known(
            content(*draw(drugs)),
            number=number,
            institution_code=draw(st.sampled_from([CLINIC, OTHER_CLINIC])),
        )
        for number in range(draw(st.integers(0, 4)))
    ]


@given(claims(), st.randoms(use_true_random=False))
def test_rows_are_newest_first_in_any_order_of_the_store(some: list[HistoryRecord], chance: object) -> None:
    """Rule H8."""
    rows = medicine_rows(some)
    assert rows == medicine_rows(some[::-1])
    days = [one.on or one.known.month for one in rows]
    assert days == sorted(days, reverse=True)


def row(code: str, on: date | None) -> MedicineRow:
    return MedicineRow(known(), drug(code=code), on, 14, CLINIC)


def test_groups_share_an_ingredient_or_a_day() -> None:
    """Rule H8."""

    def of(one: MedicineRow, grouping: Grouping) -> Group:
        return group_of(one, grouping, INGREDIENTS.get)

    same = of(row("990000101", DAY), Grouping.INGREDIENT)
    assert same == of(row("990000102", None), Grouping.INGREDIENT) == Group("9901001", "")
    unknown = of(row("990000190", DAY), Grouping.INGREDIENT)
    assert unknown.key is None
    assert unknown != of(row("990000191", DAY), Grouping.INGREDIENT)
    assert of(row("990000101", DAY), Grouping.DATE).key == "2026-05-10"
    assert of(row("990000101", None), Grouping.DATE) == Group(None, "2026-05-01")


@given(st.lists(st.sampled_from("abc")))
def test_groups_are_ordered_by_their_newest_row(letters: list[str]) -> None:
    """Rule H8."""
    order = grouped_order(range(len(letters)), lambda place: Group(letters[place], ""))
    grouped = [letters[place] for place in order]
    assert sorted(order) == list(range(len(letters)))
    assert grouped == [letter for first in dict.fromkeys(letters) for letter in letters if letter == first]


def test_the_prescriber_of_a_dispensing_is_named_by_it() -> None:
    """Rule H5."""
    [one] = medicine_rows([dispensing(content=content(drug(), prescriber_code=OTHER_CLINIC))])
    assert one.prescriber == OTHER_CLINIC


def test_a_prescription_is_its_own_institutions_unless_it_names_another() -> None:
    """Rule H5."""
    unnamed = prescription(institution=OTHER_CLINIC, content=content(drug(), prescriber_code=None))
    assert [row.prescriber for row in medicine_rows([unnamed])] == [OTHER_CLINIC]


def supplied(on: date | None = DAY, prescriber: str | None = OTHER_CLINIC, **more: Any) -> MedicineRow:
    """A row of a medicine of another prescriber; by default an oral one for 14 days."""
    one = drug(**more)
    return MedicineRow(pharmacy(content(one)), one, on, one.times, prescriber)


@pytest.mark.parametrize(
    ("other", "marked"),
    [
        (supplied(), True),
        (supplied(code="990000102"), True),
        (supplied(DAY + timedelta(days=13)), True),
        (supplied(DAY + timedelta(days=14)), False),
        (supplied(DAY - timedelta(days=13)), True),
        (supplied(DAY - timedelta(days=14)), False),
        (supplied(prescriber=CLINIC), False),
        (supplied(act="23"), False),
        (supplied(None), False),
        (supplied(prescriber=None), False),
        (supplied(times=None), False),
        (supplied(times=0), False),
        (supplied(code="990009999"), False),
    ],
    ids=[
        "same-day", "same-ingredient", "last-day", "after", "before-last-day", "before", "same-prescriber", "ointment",
        "no-day", "no-prescriber", "no-times", "no-times-0", "no-ingredient",
    ],
)  # fmt: skip
def test_two_supplies_of_one_ingredient_by_two_prescribers_overlap(other: MedicineRow, marked: bool) -> None:
    """Rule H7: rows by their numbers from 1."""
    first = supplied(prescriber=CLINIC)
    marks = overlap_marks([first, other], INGREDIENTS.get)
    assert dict(marks) == ({1: [2], 2: [1]} if marked else {})


def test_two_medicines_without_an_ingredient_do_not_overlap() -> None:
    """Rule H7."""
    unknown = [supplied(prescriber=prescriber, code="990009999") for prescriber in (CLINIC, OTHER_CLINIC)]
    assert dict(overlap_marks(unknown, INGREDIENTS.get)) == {}
