"""Tiles of a Merkle tree and bundles of its entries: paths, widths and contents (c2sp.org/tlog-tiles).

A tile has up to 256 hashes. Those of level 0 are leaf hashes; each hash of a higher level is the root of a full tile
of the level below.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eligibility_api.merkle_log.hashing import HASH_SIZE, fold
from eligibility_api.merkle_log.proofs import Node

TILE_HEIGHT = 8
"""Levels of the tree that one level of tiles spans."""

TILE_WIDTH = 1 << TILE_HEIGHT
"""Hashes of a full tile; entries of a full bundle."""

MAX_LEVEL = 63
"""The highest level that a path may name."""

MAX_SIZE = (1 << 63) - 1
"""The largest tree."""

MAX_ENTRY = 0xFFFF
"""Maximum bytes of an entry in a bundle."""

MAX_PATH = 64
"""Maximum characters of a path that is parsed: the longest valid one has fewer."""

ENTRIES = -1
"""The level that stands for entry bundles (`tile/entries/…`)."""

_PATH = re.compile(
    r"tile/(?P<level>0|[1-9][0-9]?|entries)/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Tile:
    """The address of a tile, or of an entry bundle (level ENTRIES), and its number of hashes or entries."""

    level: int
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """The tile's path below the log's prefix, such as `tile/0/x001/234.p/5`."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        suffix = f".p/{self.width}" if self.width < TILE_WIDTH else ""
        return f"tile/{level}/{index_path(self.index)}{suffix}"


def index_path(index: int) -> str:
    """Return a tile's index as groups of three digits, all but the last with an `x`."""
    groups = f"{index:,}".split(",")
    groups = [groups[0].zfill(3), *groups[1:]]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def parse_path(path: str) -> Tile:
    """Return the tile of a path. Raises ValueError for every text that is not exactly a tile's path."""
    match = _PATH.fullmatch(path) if len(path) <= MAX_PATH else None
    if match is None:
        raise ValueError("not the path of a tile")
    level = ENTRIES if match["level"] == "entries" else int(match["level"])
    index = int(match["index"].replace("x", "").replace("/", ""))
    tile = Tile(level, index, int(match["width"] or TILE_WIDTH))
    if level > MAX_LEVEL or index > MAX_SIZE or tile.path != path:
        raise ValueError("not the path of a tile")
    return tile


def width_at(level: int, index: int, size: int) -> int:
    """Return how many hashes (or entries) a tile has in a tree of `size` leaves: 0 if it does not exist."""
    hashes = size >> TILE_HEIGHT * max(level, 0)
    return max(0, min(TILE_WIDTH, hashes - index * TILE_WIDTH))


def tile_of(node: Node, size: int) -> Tile:
    """Return the tile that contains what the node's hash is computed from, as wide as in a tree of `size` leaves."""
    level = node.level // TILE_HEIGHT
    index = (node.index << node.level % TILE_HEIGHT) // TILE_WIDTH
    return Tile(level, index, width_at(level, index, size))


def node_in_tile(node: Node, hashes: Sequence[bytes]) -> bytes:
    """Return the node's hash from the hashes of its tile (`tile_of`). Raises ValueError if the tile is too narrow."""
    count = 1 << node.level % TILE_HEIGHT
    first = node.index * count % TILE_WIDTH
    part = hashes[first : first + count]
    if len(part) < count:
        raise ValueError("the tile does not contain this node")
    while len(part) > 1:
        part = [fold(part[place : place + 2]) for place in range(0, len(part), 2)]
    return part[0]


def split_hashes(data: bytes) -> list[bytes]:
    """Return the hashes of a tile. Raises ValueError unless they are 1 to 256 whole ones."""
    if not data or len(data) % HASH_SIZE or len(data) > TILE_WIDTH * HASH_SIZE:
        raise ValueError("not a tile")
    return [data[place : place + HASH_SIZE] for place in range(0, len(data), HASH_SIZE)]


def entry_bundle(entries: Iterable[bytes]) -> bytes:
    """Return entries with their lengths (uint16, big-endian). Raises ValueError for one that is too long."""
    parts = []
    for entry in entries:
        if len(entry) > MAX_ENTRY:
            raise ValueError("the entry is too long for a bundle")
        parts += [len(entry).to_bytes(2), entry]
    return b"".join(parts)


def parse_entry_bundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle. Raises ValueError unless they are 1 to 256 whole ones."""
    entries: list[bytes] = []
    place = 0
    while place < len(data):
        end = place + 2 + int.from_bytes(data[place : place + 2])
        if end > len(data) or len(entries) == TILE_WIDTH:
            raise ValueError("not an entry bundle")
        entries.append(data[place + 2 : end])
        place = end
    if not entries:
        raise ValueError("not an entry bundle")
    return entries
