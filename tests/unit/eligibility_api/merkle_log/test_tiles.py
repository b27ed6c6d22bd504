"""Tiles: paths and widths as published, and every proof follows from the tiles alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.merkle_log.hashing import fold, leaf_hash
from eligibility_api.merkle_log.proofs import (
    Node,
    Span,
    Tree,
    consistency_proof,
    inclusion_proof,
    nodes_of,
)
from eligibility_api.merkle_log.tiles import (
    ENTRIES,
    MAX_ENTRY,
    MAX_SIZE,
    Tile,
    entry_bundle,
    node_in_tile,
    parse_entry_bundle,
    parse_path,
    split_hashes,
    tile_of,
    width_at,
)

PATHS = [
    (Tile(0, 0), "tile/0/000"),
    (Tile(0, 0, 255), "tile/0/000.p/255"),
    (Tile(1, 0, 1), "tile/1/000.p/1"),
    (Tile(15, 455667), "tile/15/x455/667"),
    (Tile(3, 1234567), "tile/3/x001/x234/567"),
    (Tile(15, 123456789), "tile/15/x123/x456/789"),
    (Tile(0, 1234067), "tile/0/x001/x234/067"),
    (Tile(0, 1234067, 89), "tile/0/x001/x234/067.p/89"),
    (Tile(63, 999999999999999999, 255), "tile/63/x999/x999/x999/x999/x999/999.p/255"),
    (Tile(ENTRIES, 0), "tile/entries/000"),
    (Tile(ENTRIES, 255, 253), "tile/entries/255.p/253"),
    (Tile(ENTRIES, 123456789), "tile/entries/x123/x456/789"),
    (Tile(ENTRIES, 123456789000), "tile/entries/x123/x456/x789/000"),
]
"""Published paths of the specification and of the Go tools."""


@pytest.mark.parametrize(("tile", "path"), PATHS)
def test_published_paths(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert parse_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/x001/x234/067.p/",
        "tile/0/x001/x234/067.p",
        "tile/0/x001/x234/",
        "tile/0/x001/x234",
        "tile/0/x001/",
        "tile/0/x001",
        "tile/1/x001/.p/abc",
        "tile/64/x001/002",
        "tile/-1/x001/002",
        "tile/abc/x001/002",
        "tile/8/001/002",
        "tile/8/x001/0002",
        "tile/8/x001/-002",
        "tile/8/x001/002.p/256",
        "tile/8/x001/002.p/0",
        "tile/8/x001/002.p/08",
        "tile/00/001",
        "tile/01/001",
        "tile/0/x000/001",
        "tile/0/1",
        "tile/0/٠٠١",
        "tile/0/001\n",
        "/tile/0/001",
        "tile/data/001",
        "tile/0/" + "x999/" * 6 + "999/",
        "tile/0/x009/x223/x372/x036/x854/x775/808",
        pytest.param("tile/0/" + "x001/" * 1000 + "001", id="too-long"),
    ],
)
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match="not the path"):
        parse_path(path)


@given(st.integers(-1, 63), st.integers(0, MAX_SIZE), st.integers(1, 256))
def test_a_path_names_its_tile(level: int, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert parse_path(tile.path) == tile


@given(st.text(alphabet="tile/0123456789x.pentries-", max_size=40))
def test_any_text_is_a_path_or_refused(text: str) -> None:
    try:
        tile = parse_path(text)
    except ValueError:
        return
    assert tile.path == text


def tiles_of(size: int) -> Iterator[Tile]:
    """The tiles of hashes of a tree of so many leaves, lower ones first."""
    for level in range(64):
        for index in count():
            if not (width := width_at(level, index, size)):
                break
            yield Tile(level, index, width)


def test_the_tiles_of_the_specifications_example() -> None:
    tiles = list(tiles_of(70_000))
    assert tiles[:273] == [Tile(0, index) for index in range(273)]
    assert tiles[273:] == [Tile(0, 273, 112), Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]


@pytest.mark.parametrize(
    ("level", "index", "size", "width"),
    [
        (0, 0, 256, 256),
        (0, 0, 255, 255),
        (0, 0, 0, 0),
        (0, 1, 256, 0),
        (1, 0, 1024, 4),
        (1, 0, 255, 0),
        (2, 0, 70_000, 1),
        (ENTRIES, 0, 8, 8),
        (ENTRIES, 0, 289, 256),
        (ENTRIES, 255, 256 * 256 - 3, 253),
        (63, 0, MAX_SIZE, 0),
    ],
)
def test_the_width_of_a_tile_follows_from_the_size(level: int, index: int, size: int, width: int) -> None:
    assert width_at(level, index, size) == width


@pytest.mark.parametrize(
    ("node", "tile"),
    [
        (Node(0, 0), (0, 0)),
        (Node(0, 255), (0, 0)),
        (Node(0, 256), (0, 1)),
        (Node(1, 0), (0, 0)),
        (Node(7, 2), (0, 1)),
        (Node(8, 0), (1, 0)),
    ],
)
def test_the_tile_of_a_node(node: Node, tile: tuple[int, int]) -> None:
    found = tile_of(node, 70_000)
    assert (found.level, found.index) == tile


class Stored:
    """A log that keeps its tiles only, as a client of its HTTP interface sees it."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.tiles: dict[str, list[bytes]] = {}
        tree = Tree(leaf_hash(str(place).encode()) for place in range(size))
        for tile in tiles_of(size):
            first = tile.index * 256
            self.tiles[tile.path] = [
                tree.node(Node(8 * tile.level, first + place)) for place in range(tile.width)
            ]

    def read(self, node: Node) -> bytes:
        return node_in_tile(node, self.tiles[tile_of(node, self.size).path])


BIG = Tree(leaf_hash(str(place).encode()) for place in range(66_000))
STORED = {size: Stored(size) for size in (1, 5, 256, 700, 66_000)}


@given(st.sampled_from(sorted(STORED)), st.data())
def test_every_proof_follows_from_the_tiles(size: int, data: st.DataObject) -> None:
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    stored = STORED[size]
    assert inclusion_proof(index, size, stored.read) == BIG.inclusion_proof(index, size)
    assert consistency_proof(old, size, stored.read) == BIG.consistency_proof(old, size)
    assert fold([stored.read(node) for node in nodes_of(Span(0, size))]) == BIG.root(size)


def test_a_node_beyond_the_tile_is_not_made_up() -> None:
    with pytest.raises(ValueError, match="does not contain"):
        node_in_tile(Node(2, 1), [bytes(32)] * 7)


@pytest.mark.parametrize("data", [b"", bytes(31), bytes(33), bytes(257 * 32)])
def test_bytes_that_are_no_tile_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a tile"):
        split_hashes(data)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=256))
def test_a_bundle_contains_its_entries(entries: list[bytes]) -> None:
    assert parse_entry_bundle(entry_bundle(entries)) == entries


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x00\x02a", b"\x00\x00" * 257, b"\x00\x01ab"])
def test_bytes_that_are_no_bundle_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not an entry bundle"):
        parse_entry_bundle(data)


def test_an_entry_that_no_bundle_can_contain_is_refused() -> None:
    assert len(entry_bundle([bytes(MAX_ENTRY)])) == MAX_ENTRY + 2
    with pytest.raises(ValueError, match="too long"):
        entry_bundle([bytes(MAX_ENTRY + 1)])
