"""Numbers as ranges."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.domain.number_ranges import NumberRanges, ranges


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([], []),
        ([5], [(5, 5)]),
        ([5, 6, 7], [(5, 7)]),
        ([1, 3, 4, 9], [(1, 1), (3, 4), (9, 9)]),
    ],
)
def test_neighbours_become_one_range(numbers: list[int], expected: list[tuple[int, int]]) -> None:
    assert ranges(numbers) == expected


@given(st.lists(st.sets(st.integers(0, 60)), max_size=4))
def test_exactly_the_numbers_that_were_added_are_contained(parts: list[set[int]]) -> None:
    """Also if ranges are added after a question, in any order."""
    added: set[int] = set()
    contained = NumberRanges()
    for part in parts:
        contained.add(list(map(list, ranges(sorted(part - added)))))
        added |= part
        assert {number for number in range(-2, 63) if number in contained} == added


@pytest.mark.parametrize(
    "added", [[[3, 2]], [["1", 2]], [[1, "2"]], [[1, True]], [[0, 1.5]], [[True, 2]], [[1.0, 2]]]
)
def test_a_range_of_other_values_is_refused(added: Any) -> None:
    with pytest.raises(ValueError, match=r"^not a range$"):
        NumberRanges().add(added)


@pytest.mark.parametrize("added", [[[1]], [[1, 2, 3]], [1], 1, None])
def test_what_is_no_range_is_refused(added: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        NumberRanges().add(added)
