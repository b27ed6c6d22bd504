"""At the maximum of connections, one that only waits for its client is closed for each new one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.web.server.connection_table import ConnectionTable

MAXIMUM = 64
"""A sixty-fourth of it, one connection, is closed at a time."""


def table(*groups: tuple[str | None, int], busy: set[str] | None = None) -> ConnectionTable[str]:
    """A table with so many connections of each address, named `address-number`, oldest first."""
    made: ConnectionTable[str] = ConnectionTable(MAXIMUM, lambda one: one not in (busy or set()))
    for address, count in groups:
        for n in range(count):
            assert made.add(address, f"{address}-{n}") == []
    return made


def test_below_the_maximum_nothing_is_closed() -> None:
    assert len(table(("a", MAXIMUM))) == MAXIMUM


@pytest.mark.parametrize(
    ("groups", "closed"),
    [
        ((("a", 64),), "a-0"),
        ((("a", 40), ("b", 24)), "a-0"),
        ((("b", 24), ("a", 40)), "a-0"),
        (((None, 63), ("a", 1)), "None-0"),
    ],
)
def test_the_address_with_the_most_connections_loses_its_oldest(
    groups: tuple[tuple[str | None, int], ...], closed: str
) -> None:
    made = table(*groups)
    assert made.add("new", "new-0") == [closed]
    assert len(made) == MAXIMUM


def test_a_connection_with_a_valid_token_is_closed_after_all_without() -> None:
    made = table(("hospital", 62), ("stranger", 2))
    for n in range(62):
        made.mark_known("hospital", f"hospital-{n}")
    assert made.add("new", "1") == ["stranger-0"]
    assert made.add("new", "2") == ["new-1"] or made.add("new", "3")


def test_known_connections_give_way_when_no_other_may_be_closed() -> None:
    made = table(("a", 64), busy={"a-0"})
    for n in range(64):
        made.mark_known("a", f"a-{n}")
    assert made.add("new", "1") == ["a-1"]


def test_the_new_one_is_refused_when_all_are_busy() -> None:
    made = table(("a", 64), busy={f"a-{n}" for n in range(64)})
    assert made.add("new", "1") == ["1"]
    made.remove("new", "1")
    assert len(made) == MAXIMUM


def test_a_connection_that_is_being_answered_is_passed_over() -> None:
    assert table(("a", 64), busy={"a-0", "a-1"}).add("new", "1") == ["a-2"]


def test_several_are_closed_at_once_evenly_among_the_largest_addresses() -> None:
    made: ConnectionTable[str] = ConnectionTable(640, lambda _: True)
    for address, count in (("a", 300), ("b", 296), ("c", 44)):
        for n in range(count):
            made.add(address, f"{address}-{n}")
    closed = made.add("new", "1")
    assert sorted(closed) == ["a-0", "a-1", "a-2", "a-3", "a-4", "a-5", "a-6", "b-0", "b-1", "b-2"]
    assert len(made) == 631


def test_a_removed_connection_leaves_nothing_and_may_be_removed_again() -> None:
    made = table(("a", 1), ("b", 1))
    made.mark_known("b", "b-0")
    for _ in range(2):
        made.remove("a", "a-0")
        made.remove("b", "b-0")
    made.mark_known("a", "a-0")
    assert len(made) == 0
    assert made._unknown == made._known == {}


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "c", None]), st.sampled_from(["add", "known", "remove"])),
        max_size=300,
    )
)
def test_the_maximum_holds_whatever_happens(events: list[tuple[str | None, str]]) -> None:
    made: ConnectionTable[int] = ConnectionTable(16, lambda one: one % 5 != 0)
    present: dict[int, str | None] = {}
    for n, (address, event) in enumerate(events):
        if event == "add":
            closed = made.add(address, n)
            present[n] = address
            for one in closed:
                assert one == n or one % 5
                del present[one]
        elif present:
            one = min(present)
            if event == "known":
                made.mark_known(present[one], one)
            else:
                made.remove(present.pop(one), one)
        assert len(made) == len(present) <= 16
