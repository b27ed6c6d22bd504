"""Overlaps in the list, compared with the plainest implementation of the rule."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.history import Origin
from eligibility_api.domain.medicines import MedicineRow, overlap_marks
from eligibility_api.domain.overlaps import INGREDIENT_LENGTH, Supply, overlaps
from tests.builders.known import CLINIC, DAY, OTHER_CLINIC, drug, known

supplies = st.lists(
    st.builds(
        lambda ingredient, prescriber, first, length: (ingredient, prescriber, first, length),
        st.sampled_from(["9901001", "9901002"]),
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 20),
        st.integers(1, 15),
    ),
    max_size=12,
)


@given(supplies)
def test_supplies_of_two_prescribers_that_share_a_day_overlap(
    some: list[tuple[str, str, int, int]],
) -> None:
    """Rule H7."""
    found = overlaps(
        [
            Supply(
                row, ingredient, prescriber, DAY + timedelta(days=first), DAY + timedelta(days=first + length)
            )
            for row, (ingredient, prescriber, first, length) in enumerate(some)
        ]
    )
    for row, (ingredient, prescriber, first, length) in enumerate(some):
        mine = set(range(first, first + length))
        others = [
            other
            for other, (ingredient_too, prescriber_too, start, lasts) in enumerate(some)
            if ingredient_too == ingredient
            and prescriber_too != prescriber
            and mine & set(range(start, start + lasts))
        ]
        assert found.get(row, []) == others


INGREDIENTS = {"990000101": "9901001", "990000102": "9901001"}


def row(
    prescriber: str | None = CLINIC, on: date | None = DAY, times: int | None = 14, **more: object
) -> MedicineRow:
    return MedicineRow(known(), drug(**more), on, times, prescriber)


def marked(*rows: MedicineRow) -> dict[int, list[int]]:
    return dict(overlap_marks(rows, INGREDIENTS.get))


def test_one_ingredient_of_two_prescribers_on_the_same_days_overlaps() -> None:
    """Rule H7."""
    assert marked(row(), row(OTHER_CLINIC, code="990000102")) == {1: [2], 2: [1]}


def test_incomplete_rows_never_overlap() -> None:
    """Rule H7."""
    other = row(OTHER_CLINIC)
    refill = row(OTHER_CLINIC, on=DAY + timedelta(days=7))
    assert marked(other, refill) == {}
    assert marked(row(on=DAY + timedelta(days=14)), other) == {}
    for act in ("22", "23", "31", "32", "33", None):
        assert marked(row(act=act), other) == {}
    assert marked(row(code="990000190"), row(OTHER_CLINIC, code="990000190")) == {}
    assert marked(row(prescriber=None), other) == {}
    assert marked(row(on=None), other) == {}
    assert marked(row(times=None), other) == {}


def test_a_provisional_row_is_marked_like_a_claim() -> None:
    """Rules H6, H7."""
    provisional = row()._replace(known=known(origin=Origin.PRESCRIPTION))
    assert marked(provisional, row(OTHER_CLINIC)) == {1: [2], 2: [1]}


def test_seven_characters_identify_ingredient_and_route() -> None:
    """Rules H7, M3."""
    assert "1124017F1"[:INGREDIENT_LENGTH] == "1124017"
