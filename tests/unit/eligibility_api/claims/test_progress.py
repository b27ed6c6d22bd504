"""Counts of a file's blocks, and which items of a block are new after an interrupted reading."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.claims.progress import Progress, unstored
from eligibility_api.claims.reading.block import Block
from eligibility_api.claims.reading.faults import Fault
from eligibility_api.contract.claims import ClaimKind, ClaimsFault

BAD_DAY = Fault(3, "RE", 6, "生年月日", 1, ClaimsFault.DAY, "99999999")


def test_blocks_are_summed_up_and_unread_claims_are_counted_by_kind() -> None:
    progress = Progress()
    progress.add(
        Block(
            [], [BAD_DAY], Counter({ClaimsFault.DAY: 2}), 1, 3, Counter({ClaimKind.MEDICAL: 3}), Counter(KH=2)
        )
    )
    progress.add(
        Block([], [], Counter(), 1, 2, Counter({ClaimKind.MEDICAL: 1, ClaimKind.DPC: 1}), Counter(KH=1, JD=4))
    )

    report = progress.report(unmatched=4, replacing=5)

    assert (report.sections, report.claims, report.accepted) == (2, 5, 0)
    assert (report.unmatched, report.replacing) == (4, 5)
    assert report.by_kind == {ClaimKind.MEDICAL: 4, ClaimKind.DPC: 1}
    assert report.faults == {ClaimsFault.DAY: 2}
    assert report.passed == {"KH": 3, "JD": 4}


@given(
    blocks=st.lists(st.lists(st.integers(), max_size=6), max_size=8),
    stored=st.integers(0, 30),
    limit=st.none() | st.integers(0, 30),
)
def test_exactly_the_items_beyond_the_stored_ones_are_new_up_to_the_limit_in_any_number_of_blocks(
    blocks: list[list[int]], stored: int, limit: int | None
) -> None:
    new: list[int] = []
    before = 0
    for block in blocks:
        new += unstored(block, before, stored, limit)
        before += len(block)
    assert new == [item for block in blocks for item in block][stored:limit]
