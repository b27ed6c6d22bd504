"""Shares of members that hold a file or an undo (rules N5 and N6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.domain.holding import HoldingShare

shares = st.builds(HoldingShare, st.floats(0, 1), st.integers(1, 1_000))


@pytest.mark.parametrize(
    ("share", "count", "of", "holds"),
    [
        (0.2, 4, 20, False),
        (0.2, 5, 20, True),
        (0.2, 19, 19, False),
        (0.05, 1, 20, False),
        (0.05, 2, 20, True),
        (0.0, 1, 20, True),
        (0.0, 0, 20, False),
        (1.0, 20, 20, False),
    ],
)
def test_more_than_the_share_of_enough_members_holds(share: float, count: int, of: int, holds: bool) -> None:
    assert HoldingShare(share, 20).holds(count, of) is holds


@given(shares, st.integers(0, 100_000), st.integers(0, 10_000_000))
def test_members_beyond_those_that_are_enough_change_no_decision(
    share: HoldingShare, count: int, members: int
) -> None:
    """So they need not be counted."""
    assert share.holds(count, min(members, share.enough_members(count))) is share.holds(count, members)
