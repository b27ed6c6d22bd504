"""What a file's blocks come to, and what of a block is new after a reading that broke off."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.claims.found import Found, beyond
from eligibility_api.claims.reading.block import Block, Fault
from eligibility_api.contract.claims import ClaimKind, ClaimsFault

BAD_DAY = Fault(3, "RE", 6, "生年月日", 1, ClaimsFault.DAY, "99999999")


def test_blocks_are_summed_up_and_what_is_not_read_is_counted_by_its_kind() -> None:
    found = Found()
    found.add(Block([], [BAD_DAY, BAD_DAY], 1, 3, Counter({ClaimKind.MEDICAL: 3})))
    found.add(Block([], [], 1, 2, Counter({ClaimKind.MEDICAL: 1, ClaimKind.DPC: 1})))

    report = found.report(unmatched=4, replacing=5)

    assert (report.sections, report.claims, report.accepted) == (2, 5, 0)
    assert (report.unmatched, report.replacing) == (4, 5)
    assert report.by_kind == {ClaimKind.MEDICAL: 4, ClaimKind.DPC: 1}
    assert report.faults == {ClaimsFault.DAY: 2}


@given(
    blocks=st.lists(st.lists(st.integers(), max_size=6), max_size=8),
    kept=st.integers(0, 30),
    most=st.none() | st.integers(0, 30),
)
def test_in_however_many_blocks_just_what_is_beyond_the_kept_comes_up_to_the_most(
    blocks: list[list[int]], kept: int, most: int | None
) -> None:
    came: list[int] = []
    before = 0
    for block in blocks:
        came += beyond(block, before, kept, most)
        before += len(block)
    assert came == [item for block in blocks for item in block][kept:most]
