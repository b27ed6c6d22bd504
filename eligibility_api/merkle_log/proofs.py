"""Inclusion and consistency proofs (RFC 6962, sections 2.1.1 and 2.1.2; verified as in RFC 9162, section 2.1).

A proof is a list of hashes of spans of leaves. Which spans follows from indices and sizes alone, so that a log
reads exactly the stored nodes that a proof needs.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from eligibility_api.merkle_log.hashing import HASH_SIZE, fold, node_hash

MAX_PROOF = 63
"""Maximum hashes of a proof, as c2sp.org/tlog-witness allows: enough for a tree of 2**62 leaves."""


class ProofError(ValueError):
    """A proof does not prove its claim; the text says why."""


@dataclass(frozen=True, slots=True)
class Node:
    """The address of a perfect subtree: leaves index * 2**level up to (index + 1) * 2**level."""

    level: int
    index: int


@dataclass(frozen=True, slots=True)
class Span:
    """Leaves begin up to, and without, end: a subtree, perfect or at the tree's right edge."""

    begin: int
    end: int


ReadNode = Callable[[Node], bytes]
"""Returns the hash of a perfect subtree."""


def nodes_of(span: Span) -> list[Node]:
    """Return the largest perfect subtrees that cover the span, from left to right."""
    nodes, begin = [], span.begin
    while begin < span.end:
        level = (span.end - begin).bit_length() - 1
        if begin:
            level = min(level, (begin & -begin).bit_length() - 1)
        nodes.append(Node(level, begin >> level))
        begin += 1 << level
    return nodes


def inclusion_spans(index: int, size: int) -> list[Span]:
    """Return the spans whose hashes prove leaf `index` in a tree of `size` leaves. Raises ProofError outside of it."""
    if not 0 <= index < size:
        raise ProofError(f"leaf {index} is not in a tree of {size} leaves")
    spans, begin, end = [], 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(begin, middle))
            begin = middle
    return spans[::-1]


def consistency_spans(old: int, new: int) -> list[Span]:
    """Return the spans that prove a tree of `old` leaves a prefix of one of `new`. Raises ProofError if it is larger."""
    if not 0 <= old <= new:
        raise ProofError(f"a tree of {old} leaves is no prefix of one of {new}")
    if old in (0, new):
        return []
    spans, begin, end = [], 0, new
    while end != old:
        middle = begin + _split(end - begin)
        if old <= middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(begin, middle))
            begin = middle
    if begin:
        spans.append(Span(begin, end))
    return spans[::-1]


def inclusion_proof(index: int, size: int, read: ReadNode) -> list[bytes]:
    """Return the proof that leaf `index` is in the tree of `size` leaves. Raises ProofError outside of it."""
    return [_hash_of(span, read) for span in inclusion_spans(index, size)]


def consistency_proof(old: int, new: int, read: ReadNode) -> list[bytes]:
    """Return the proof that the tree of `new` leaves begins with that of `old`. Raises ProofError if it cannot."""
    return [_hash_of(span, read) for span in consistency_spans(old, new)]


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Verify that the leaf hash `leaf` is at `index` of the tree. Raises ProofError."""
    spans = inclusion_spans(index, size)
    _check_shape(spans, proof)
    result = leaf
    for span, sibling in zip(spans, proof, strict=True):
        result = node_hash(sibling, result) if span.end <= index else node_hash(result, sibling)
    _check_root(result, root, f"leaf {index} is not in the tree of {size} leaves with this root")


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Verify that the tree of `new` leaves begins with the tree of `old` leaves. Raises ProofError.

    Every tree begins with the empty one, whose root the caller knows (EMPTY_ROOT).
    """
    spans = consistency_spans(old, new)
    _check_shape(spans, proof)
    if old == new:
        _check_root(old_root, new_root, f"two trees of {old} leaves have different roots")
    if old in (0, new):
        return
    # The old tree's last subtree is its root itself where it is perfect, and is then not in the proof.
    first, *others = [*proof] if spans[0].end <= old else [old_root, *proof]
    later = spans[1:] if spans[0].end <= old else spans
    old_result = new_result = first
    for span, sibling in zip(later, others, strict=True):
        if span.end <= old:
            old_result, new_result = node_hash(sibling, old_result), node_hash(sibling, new_result)
        else:
            new_result = node_hash(new_result, sibling)
    _check_root(old_result, old_root, f"the proof does not lead to the root of {old} leaves")
    _check_root(new_result, new_root, f"the proof does not lead to the root of {new} leaves")


class Tree:
    """A tree in memory, with every perfect subtree: for logs that are read whole."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[]]
        for leaf in leaves:
            self.append(leaf)

    @property
    def size(self) -> int:
        """The number of leaves."""
        return len(self._levels[0])

    def append(self, leaf: bytes) -> None:
        """Append the hash of a leaf."""
        level, node = 0, leaf
        while True:
            self._levels[level].append(node)
            if len(self._levels[level]) % 2:
                return
            node = node_hash(*self._levels[level][-2:])
            level += 1
            if level == len(self._levels):
                self._levels.append([])

    def node(self, node: Node) -> bytes:
        """Return the hash of a perfect subtree. Raises IndexError outside of the tree."""
        return self._levels[node.level][node.index]

    def root(self, size: int | None = None) -> bytes:
        """Return the root as of the first `size` leaves; of all if left out."""
        return _hash_of(Span(0, self.size if size is None else size), self.node)

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """Return the proof of a leaf in the tree of the first `size` leaves."""
        return inclusion_proof(index, self.size if size is None else size, self.node)

    def consistency_proof(self, old: int, new: int | None = None) -> list[bytes]:
        """Return the proof that the tree of `new` leaves begins with that of `old`."""
        return consistency_proof(old, self.size if new is None else new, self.node)


def _split(size: int) -> int:
    """The largest power of two below `size`: where RFC 6962 divides a tree."""
    return 1 << (size - 1).bit_length() - 1


def _hash_of(span: Span, read: ReadNode) -> bytes:
    return fold([read(node) for node in nodes_of(span)])


def _check_shape(spans: Sequence[Span], proof: Sequence[bytes]) -> None:
    if len(proof) != len(spans):
        raise ProofError(f"the proof has {len(proof)} hashes instead of {len(spans)}")
    if any(len(item) != HASH_SIZE for item in proof):
        raise ProofError("the proof has a hash of another size")


def _check_root(result: bytes, root: bytes, message: str) -> None:
    if not hmac.compare_digest(result, root):
        raise ProofError(message)
