"""Unmatched rows of files (rules N1 to N3): however they are split into files, no more wrong guesses are shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.domain.unmatched import UnmatchedLimits, UnmatchedRows, is_withheld

FIXED = UnmatchedRows(100, 300)
LIMITS = UnmatchedLimits(FIXED, 0.02)
NOTHING = UnmatchedRows(0, 0)

rows = st.integers(0, 50_000)
counts = st.builds(lambda hour, more: UnmatchedRows(hour, hour + more), rows, rows)
limits = st.builds(
    lambda hour, more, share: UnmatchedLimits(UnmatchedRows(hour, hour + more), share),
    st.integers(0, 500),
    st.integers(0, 500),
    st.one_of(st.just(0.0), st.floats(0.0001, 1)),
)


@pytest.mark.parametrize(
    ("persons", "hour", "day"),
    [
        (0, 100, 300),
        (5_000, 100, 300),
        (5_050, 101, 300),
        (15_000, 300, 300),
        (15_050, 301, 301),
        (990_000, 19_800, 19_800),
    ],
)
def test_the_limit_is_fixed_for_small_insurers_and_a_share_for_large_ones(
    persons: int, hour: int, day: int
) -> None:
    assert LIMITS.allowed(persons) == (hour, day)


@pytest.mark.parametrize(
    ("counted", "looked_up", "unmatched", "persons", "withheld"),
    [
        pytest.param(NOTHING, 0, 0, 0, False, id="nobody was looked up"),
        pytest.param(UnmatchedRows(500, 500), 0, 0, 0, False, id="nor beyond the limit"),
        pytest.param(NOTHING, 100, 100, 0, False, id="as many as the limit"),
        pytest.param(NOTHING, 101, 101, 0, True, id="one more"),
        pytest.param(UnmatchedRows(99, 99), 1, 1, 0, False, id="the last one"),
        pytest.param(UnmatchedRows(99, 99), 1, 0, 0, False, id="a right one before the limit"),
        pytest.param(UnmatchedRows(100, 100), 1, 1, 0, True, id="a wrong one at the limit"),
        pytest.param(UnmatchedRows(100, 100), 1, 0, 0, True, id="a right one at the limit"),
        pytest.param(UnmatchedRows(0, 300), 1, 0, 0, True, id="at the limit of the day"),
        pytest.param(NOTHING, 1_000_000, 10_000, 990_000, False, id="an honest first load of a million"),
        pytest.param(NOTHING, 1_000_000, 20_000, 980_000, True, id="a first load with two in a hundred"),
        pytest.param(UnmatchedRows(10_000, 10_000), 100, 100, 990_000, False, id="and the file after it"),
    ],
)
def test_a_file_is_withheld_at_and_beyond_the_limit(
    counted: UnmatchedRows, looked_up: int, unmatched: int, persons: int, withheld: bool
) -> None:
    assert is_withheld(LIMITS, counted, looked_up=looked_up, unmatched=unmatched, persons=persons) is withheld


@given(limits, counts, rows)
def test_at_the_limit_right_and_wrong_are_withheld_alike(
    limit: UnmatchedLimits, above: UnmatchedRows, persons: int
) -> None:
    allowed = limit.allowed(persons)
    counted = UnmatchedRows(allowed.hour + above.hour, allowed.day + above.day)
    assert is_withheld(limit, counted, looked_up=1, unmatched=0, persons=persons)
    assert is_withheld(limit, counted, looked_up=1, unmatched=1, persons=persons)


@given(
    limits, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=40), st.integers(0, 20_000)
)
def test_wrong_guesses_that_are_shown_never_exceed_the_limit(
    limit: UnmatchedLimits, files: list[tuple[int, int]], persons: int
) -> None:
    """Each file is right and wrong guesses; what is withheld counts too."""
    counted, shown = NOTHING, 0
    for right, wrong in files:
        withheld = is_withheld(limit, counted, looked_up=right + wrong, unmatched=wrong, persons=persons)
        shown += 0 if withheld else wrong
        counted = counted.plus(wrong)
    assert shown <= limit.allowed(persons).hour


@given(limits, counts, rows, rows)
def test_more_counted_rows_never_let_a_file_pass(
    limit: UnmatchedLimits, counted: UnmatchedRows, more: int, persons: int
) -> None:
    before = is_withheld(limit, counted, looked_up=1, unmatched=1, persons=persons)
    assert is_withheld(limit, counted.plus(more), looked_up=1, unmatched=1, persons=persons) or not before


@pytest.mark.parametrize(
    ("limit", "wanted", "needed"),
    [
        pytest.param(LIMITS, (100, 300), 0, id="the fixed limit"),
        pytest.param(LIMITS, (101, 300), 5_050, id="the hour"),
        pytest.param(LIMITS, (100, 301), 15_050, id="the day"),
        pytest.param(LIMITS, (200, 400), 20_000, id="both"),
        pytest.param(UnmatchedLimits(FIXED, 0.0), (101, 301), 0, id="no share"),
        pytest.param(
            UnmatchedLimits(FIXED, 0.018), (765, 765), 42_501, id="a quotient that is a little small"
        ),
    ],
)
def test_the_smallest_number_of_persons_with_which_rows_are_allowed(
    limit: UnmatchedLimits, wanted: tuple[int, int], needed: int
) -> None:
    """Rule N2."""
    assert limit.persons_needed(UnmatchedRows(*wanted)) == needed


@pytest.mark.parametrize("share", [5e-324, 1e-300, 1e-12])
def test_a_share_of_almost_nothing_needs_more_persons_than_there_are(share: float) -> None:
    assert UnmatchedLimits(FIXED, share).persons_needed(UnmatchedRows(400, 400)) > 10**11


@given(limits, counts)
def test_as_many_persons_as_are_needed_are_enough(limit: UnmatchedLimits, wanted: UnmatchedRows) -> None:
    needed = limit.persons_needed(wanted)
    if wanted.within(limit.fixed) or not limit.share:
        assert needed == 0
    else:
        assert wanted.within(limit.allowed(needed))
        assert not wanted.within(limit.allowed(max(int(needed * 0.999) - 2, 0)))
