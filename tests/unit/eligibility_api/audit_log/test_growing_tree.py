"""The tree's right edge: roots and full tiles, appended in any pieces, and continued from what is stored."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.audit_log.growing_tree import FullTile, GrowingTree, edge_tiles
from eligibility_api.merkle_log.hashing import root_of
from tests.depth import max_examples

HASHES = [hashlib.sha256(str(number).encode()).digest() for number in range(1_400)]


def grow(tree: GrowingTree, hashes: list[bytes]) -> list[FullTile]:
    return [tile for leaf in hashes for tile in tree.append(leaf)]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 255, 256, 257, 512, 1_023])
def test_the_root_is_that_of_all_leaves(size: int) -> None:
    tree = GrowingTree()
    tiles = grow(tree, HASHES[:size])
    assert tree.size == size
    assert tree.root() == root_of(HASHES[:size])
    assert [(tile.level, tile.index) for tile in tiles] == [(0, n) for n in range(size // 256)]
    for tile in tiles:
        part = HASHES[256 * tile.index : 256 * (tile.index + 1)]
        assert tile.hashes == b"".join(part)
        assert tile.root == root_of(part)


def test_a_tile_of_the_next_level_is_full_after_65536_leaves() -> None:
    leaf = HASHES[0]
    tree = GrowingTree()
    tiles = grow(tree, [leaf] * 65_537)
    above = [tile for tile in tiles if tile.level]
    assert [(tile.level, tile.index) for tile in above] == [(1, 0)]
    assert above[0].hashes == tiles[0].root * 256
    assert above[0].root == root_of([leaf] * 65_536)
    assert [tile.width for tile in edge_tiles(65_537)] == [1, 0, 1]
    assert tree.root() == root_of([leaf] * 65_537)


@max_examples(30)
@given(first=st.integers(0, 700), second=st.integers(0, 700))
def test_a_tree_continues_from_its_partial_tiles(first: int, second: int) -> None:
    whole = GrowingTree()
    tiles = grow(whole, HASHES[:first])
    edge = [HASHES[first // 256 * 256 : first], [tile.root for tile in tiles]][: len(edge_tiles(first))]
    continued = GrowingTree(first, edge)
    assert continued.root() == whole.root()
    rest = HASHES[first : first + second]
    assert grow(continued, rest) == grow(whole, rest)
    assert continued.root() == whole.root() == root_of(HASHES[: first + second])


@pytest.mark.parametrize(
    ("size", "edge"), [(1, []), (0, [HASHES[:1]]), (2, [HASHES[:1]]), (256, [[]]), (256, [[], []])]
)
def test_another_edge_is_refused(size: int, edge: list[list[bytes]]) -> None:
    with pytest.raises(ValueError, match="partial tiles"):
        GrowingTree(size, edge)
