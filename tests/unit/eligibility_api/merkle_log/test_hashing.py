"""The tree's hashes are those of RFC 6962, and appending gives the root of the whole tree."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.merkle_log.commitments import commitment
from eligibility_api.merkle_log.hashing import (
    EMPTY_ROOT,
    CompactRange,
    leaf_hash,
    node_hash,
    root_of,
)
from tests.unit.eligibility_api.merkle_log.vectors import ENTRIES, ROOTS

leaves = st.lists(st.binary(max_size=4).map(leaf_hash), max_size=70)


def test_published_hashes() -> None:
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    inner = "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    assert node_hash(b"N123", b"N456").hex() == inner
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, 9))
def test_published_roots(size: int) -> None:
    assert root_of(map(leaf_hash, ENTRIES[:size])).hex() == ROOTS[size - 1]


def recursive_root(hashes: list[bytes]) -> bytes:
    """The definition of RFC 6962, section 2.1, word for word."""
    if len(hashes) <= 1:
        return hashes[0] if hashes else hashlib.sha256().digest()
    split = max(2**power for power in range(10) if 2**power < len(hashes))
    return node_hash(recursive_root(hashes[:split]), recursive_root(hashes[split:]))


@given(leaves)
def test_appending_gives_the_root_of_the_definition(hashes: list[bytes]) -> None:
    assert root_of(hashes) == recursive_root(hashes)


@given(leaves, st.integers(0, 70))
def test_a_tree_goes_on_from_its_stored_subtrees(hashes: list[bytes], place: int) -> None:
    first = CompactRange()
    for leaf in hashes[:place]:
        first.append(leaf)
    second = CompactRange(first.size, first.nodes)
    for leaf in hashes[place:]:
        second.append(leaf)
    assert (second.size, second.root()) == (len(hashes), recursive_root(hashes))


def test_whole_subtrees_can_be_appended_where_they_may_begin() -> None:
    hashes = [leaf_hash(bytes([place])) for place in range(7)]
    tree = CompactRange()
    tree.append_node(2, recursive_root(hashes[:4]))
    tree.append_node(1, recursive_root(hashes[4:6]))
    tree.append(hashes[6])
    assert tree.root() == recursive_root(hashes)
    with pytest.raises(ValueError, match="level 1 cannot follow 7"):
        tree.append_node(1, bytes(32))


@pytest.mark.parametrize(
    ("size", "nodes"), [(1, []), (3, [bytes(32)]), (0, [bytes(32)]), (1, [bytes(31)]), (-1, [])]
)
def test_stored_subtrees_of_another_size_are_refused(size: int, nodes: list[bytes]) -> None:
    with pytest.raises(ValueError, match="not the subtrees"):
        CompactRange(size, nodes)


def test_a_hash_of_another_size_is_not_appended() -> None:
    with pytest.raises(ValueError, match="cannot follow"):
        CompactRange().append(b"short")


def test_a_commitment_depends_on_salt_and_text_and_has_its_own_domain() -> None:
    salt, text = bytes(range(32)), b'{"kind":"eligibility.card"}'
    expected = hashlib.sha256(b"shikaku-audit-record/1\n" + salt + text).digest()
    assert commitment(salt, text) == expected
    assert commitment(bytes(32), text) != expected
    assert commitment(salt, text + b" ") != expected


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_salt_of_another_size_is_refused(size: int) -> None:
    """Otherwise bytes could move between salt and text."""
    with pytest.raises(ValueError, match="32 bytes"):
        commitment(bytes(size), b"")
