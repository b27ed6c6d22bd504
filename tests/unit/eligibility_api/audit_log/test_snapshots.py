"""Snapshots of transactions, and what was committed between two of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.audit_log.snapshots import Range, Snapshot, ended_between


@pytest.mark.parametrize(
    ("text", "end", "running"),
    [("10:10:", 10, set()), ("7:20:7,12,19", 20, {7, 12, 19}), ("5000000000:5000000001:5000000000", 5_000_000_001, {5_000_000_000})],
)  # fmt: skip
def test_a_snapshot_is_parsed(text: str, end: int, running: set[int]) -> None:
    assert Snapshot.parse(text) == Snapshot(end, frozenset(running))


@pytest.mark.parametrize("text", ["", "1:2", "1:2:3:4", "a:b:", "1:x:", "1:2:3,x"])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"unpack|invalid literal"):
        Snapshot.parse(text)


@pytest.mark.parametrize(
    ("former", "latter", "ranges"),
    [
        ("10:10:", "10:10:", []),
        ("10:10:", "12:12:", [Range(10, 12)]),
        ("8:10:8", "8:12:8", [Range(10, 12)]),
        ("8:10:8,9", "9:10:9", [Range(8, 9)]),
        ("8:10:8,9", "12:12:", [Range(8, 9), Range(9, 10), Range(10, 12)]),
    ],
)
def test_ranges_between(former: str, latter: str, ranges: list[Range]) -> None:
    assert ended_between(Snapshot.parse(former), Snapshot.parse(latter)) == ranges


def test_an_older_snapshot_is_refused() -> None:
    with pytest.raises(ValueError, match="older"):
        ended_between(Snapshot.parse("10:10:"), Snapshot.parse("9:9:"))


@given(
    lives=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), min_size=1, max_size=20),
    steps=st.lists(st.integers(1, 10), min_size=1, max_size=12),
)
def test_steps_find_every_transaction_exactly_once(lives: list[tuple[int, int]], steps: list[int]) -> None:
    """Transactions begin in the order of their numbers, and end in any order."""
    begins = sorted(begin for begin, _ in lives)
    ends = [begin + length for begin, (_, length) in zip(begins, lives, strict=True)]

    def at(instant: int) -> Snapshot:
        begun = [number for number, begin in enumerate(begins) if begin <= instant]
        return Snapshot(len(begun), frozenset(number for number in begun if ends[number] > instant))

    found: list[int] = []
    instant, former = -1, Snapshot(0, frozenset())
    for step in [*steps, 100]:
        instant += step
        latter = at(instant)
        for ended in ended_between(former, latter):
            found += [number for number in range(ended.first, ended.end) if latter.sees(number)]
        assert sorted(found) == [number for number in range(len(ends)) if ends[number] <= instant]
        former = latter
    assert sorted(found) == list(range(len(lives)))
