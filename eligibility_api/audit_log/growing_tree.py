"""The right edge of the log's tree while leaves are appended: which tiles become full, and the root. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eligibility_api.merkle_log.hashing import CompactRange, node_hash
from eligibility_api.merkle_log.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, width_at


@dataclass(frozen=True, slots=True)
class FullTile:
    """A tile of 256 hashes, and its root: a hash of the level above."""

    level: int
    index: int
    hashes: bytes
    root: bytes


def edge_tiles(size: int) -> list[Tile]:
    """Return the partial tiles of a tree, the lowest first: what a `GrowingTree` of this size begins with."""
    tiles, level = [], 0
    while hashes := size >> TILE_HEIGHT * level:
        index = hashes // TILE_WIDTH
        tiles.append(Tile(level, index, width_at(level, index, size)))
        level += 1
    return tiles


class GrowingTree:
    """A tree of `size` leaves, to which leaves are appended; `edge` has the hashes of its partial tiles."""

    def __init__(self, size: int = 0, edge: Sequence[Sequence[bytes]] = ()) -> None:
        """Continue a tree. Raises ValueError if `edge` cannot be its partial tiles."""
        if [len(hashes) for hashes in edge] != [tile.width for tile in edge_tiles(size)]:
            raise ValueError(f"not the partial tiles of a tree of {size} leaves")
        self.size = size
        self._edge = [list(hashes) for hashes in edge]

    def append(self, leaf: bytes) -> list[FullTile]:
        """Append the hash of a leaf. Returns the tiles that are full now, the lowest first."""
        self.size += 1
        full: list[FullTile] = []
        level, hash_ = 0, leaf
        while True:
            if level == len(self._edge):
                self._edge.append([])
            self._edge[level].append(hash_)
            if len(self._edge[level]) < TILE_WIDTH:
                return full
            hashes, self._edge[level] = self._edge[level], []
            hash_ = _perfect_root(hashes)
            index = (self.size >> TILE_HEIGHT * (level + 1)) - 1
            full.append(FullTile(level, index, b"".join(hashes), hash_))
            level += 1

    def root(self) -> bytes:
        """Return the tree's root."""
        tree = CompactRange()
        for level in reversed(range(len(self._edge))):
            for hash_ in self._edge[level]:
                tree.append_node(TILE_HEIGHT * level, hash_)
        return tree.root()


def _perfect_root(hashes: Sequence[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]
