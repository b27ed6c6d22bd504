"""Hashes of a Merkle tree (RFC 6962, section 2.1, with SHA-256), and the tree's right edge for appending."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

HASH_SIZE = 32
"""Bytes of a hash."""

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class CompactRange:
    """The perfect subtrees that cover leaves 0 to size - 1, from left to right: enough to append and to know the root.

    `nodes` is what a process must keep to go on after a restart: one hash per bit that is set in `size`.
    """

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        """Continue a tree of `size` leaves. Raises ValueError if `nodes` cannot be its subtrees."""
        levels = [level for level in reversed(range(size.bit_length())) if size >> level & 1]
        if size < 0 or len(levels) != len(nodes) or any(len(node) != HASH_SIZE for node in nodes):
            raise ValueError(f"not the subtrees of a tree of {size} leaves")
        self.size = size
        self._stack = list(zip(levels, nodes, strict=True))

    @property
    def nodes(self) -> list[bytes]:
        """The subtrees' hashes, from left to right."""
        return [node for _, node in self._stack]

    def append(self, leaf: bytes) -> None:
        """Append the hash of a leaf."""
        self.append_node(0, leaf)

    def append_node(self, level: int, node: bytes) -> None:
        """Append a perfect subtree of 2**level leaves. Raises ValueError where such a subtree cannot begin."""
        if self.size % (1 << level) or len(node) != HASH_SIZE:
            raise ValueError(f"a subtree of level {level} cannot follow {self.size} leaves")
        self.size += 1 << level
        while self._stack and self._stack[-1][0] == level:
            node = node_hash(self._stack.pop()[1], node)
            level += 1
        self._stack.append((level, node))

    def root(self) -> bytes:
        """Return the tree's root hash."""
        return fold(self.nodes)


def fold(nodes: Sequence[bytes]) -> bytes:
    """Return the hash of adjacent subtrees that become smaller from left to right; EMPTY_ROOT without any."""
    if not nodes:
        return EMPTY_ROOT
    result = nodes[-1]
    for node in reversed(nodes[:-1]):
        result = node_hash(node, result)
    return result


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root of the tree with these leaf hashes."""
    tree = CompactRange()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()
