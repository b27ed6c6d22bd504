"""Proofs prove what they claim, and nothing else; published proofs of other programs verify."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.merkle_log.hashing import EMPTY_ROOT, leaf_hash
from eligibility_api.merkle_log.proofs import (
    MAX_PROOF,
    ProofError,
    Span,
    Tree,
    consistency_spans,
    inclusion_spans,
    nodes_of,
    verify_consistency,
    verify_inclusion,
)
from tests.unit.eligibility_api.merkle_log.vectors import ENTRIES, ROOTS

ARGON = json.loads(Path(__file__).with_name("argon2020.json").read_text(encoding="utf-8"))
"""Proofs of a public Certificate Transparency log, as published with the Go tools."""

INCLUSION = [
    (0, 1, []),
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]
CONSISTENCY = [
    (1, 1, []),
    (1, 8, INCLUSION[1][2]),
    (
        6,
        8,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
    (
        6,
        7,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
]


def tree_of(size: int) -> Tree:
    return Tree(leaf_hash(str(place).encode()) for place in range(size))


BIG = tree_of(300)
sizes = st.integers(1, 300)


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_published_inclusion_proofs(index: int, size: int, proof: list[str]) -> None:
    tree = Tree(map(leaf_hash, ENTRIES))
    assert [item.hex() for item in tree.inclusion_proof(index, size)] == proof
    hashes = [bytes.fromhex(item) for item in proof]
    verify_inclusion(index, size, leaf_hash(ENTRIES[index]), hashes, bytes.fromhex(ROOTS[size - 1]))


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY)
def test_published_consistency_proofs(old: int, new: int, proof: list[str]) -> None:
    tree = Tree(map(leaf_hash, ENTRIES))
    assert [item.hex() for item in tree.consistency_proof(old, new)] == proof
    roots = [bytes.fromhex(ROOTS[size - 1]) for size in (old, new)]
    verify_consistency(old, new, [bytes.fromhex(item) for item in proof], *roots)


def test_proofs_of_a_public_log() -> None:
    root, size = base64.b64decode(ARGON["root"]), ARGON["size"]
    proof = [base64.b64decode(item) for item in ARGON["inclusion"]]
    verify_inclusion(ARGON["leaf"], size, base64.b64decode(ARGON["leaf_hash"]), proof, root)
    old_root = base64.b64decode(ARGON["old_root"])
    proof = [base64.b64decode(item) for item in ARGON["consistency"]]
    verify_consistency(ARGON["old_size"], size, proof, old_root, root)


@given(sizes, st.data())
def test_every_leaf_is_proved_at_its_place_and_no_other(size: int, data: st.DataObject) -> None:
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    leaf, proof, root = leaf_hash(str(index).encode()), BIG.inclusion_proof(index, size), BIG.root(size)
    verify_inclusion(index, size, leaf, proof, root)
    if other != index:
        with pytest.raises(ProofError):
            verify_inclusion(other, size, leaf, proof, root)
    with pytest.raises(ProofError):
        verify_inclusion(index, size, leaf_hash(b"another"), proof, root)


@given(sizes, st.data())
def test_a_larger_tree_is_proved_to_begin_with_a_smaller_one(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, size))
    proof, root = BIG.consistency_proof(old, size), BIG.root(size)
    verify_consistency(old, size, proof, BIG.root(old), root)
    if old:
        with pytest.raises(ProofError):
            verify_consistency(old, size, proof, bytes(32), root)
    if old > 0:
        with pytest.raises(ProofError):
            verify_consistency(old, size, proof, BIG.root(old), bytes(32))


def broken(proof: list[bytes]) -> list[list[bytes]]:
    """Every way to spoil a proof that the published tests of other programs use."""
    extra = [[*proof, b""], [*proof, bytes(32)], [b"", *proof], [bytes(32), *proof]]
    bits = [
        [*proof[:place], bytes([item[0] ^ 16]) + item[1:], *proof[place + 1 :]]
        for place, item in enumerate(proof)
    ]
    return extra + bits + ([proof[:-1], proof[1:]] if proof else [])


@pytest.mark.parametrize("size", [1, 2, 7, 8, 9, 255, 256, 257])
def test_a_spoilt_inclusion_proof_proves_nothing(size: int) -> None:
    for index in {0, size // 2, size - 1}:
        proof, leaf = BIG.inclusion_proof(index, size), leaf_hash(str(index).encode())
        for spoilt in broken(proof):
            with pytest.raises(ProofError):
                verify_inclusion(index, size, leaf, spoilt, BIG.root(size))


@pytest.mark.parametrize(("old", "new"), [(1, 2), (1, 8), (6, 8), (6, 7), (8, 9), (128, 256), (255, 300)])
def test_a_spoilt_consistency_proof_proves_nothing(old: int, new: int) -> None:
    proof, roots = BIG.consistency_proof(old, new), (BIG.root(old), BIG.root(new))
    for spoilt in [*broken(proof), []]:
        with pytest.raises(ProofError):
            verify_consistency(old, new, spoilt, *roots)
    for sizes_of_others in ((old - 1, new), (old + 1, new), (old, new * 2), (new, old)):
        with pytest.raises(ProofError):
            verify_consistency(*sizes_of_others, proof, *roots)
    with pytest.raises(ProofError):
        verify_consistency(old, new, proof, *roots[::-1])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 5), (5, 5), (2**63, 5)])
def test_there_is_no_proof_of_a_leaf_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ProofError, match="is not in a tree"):
        inclusion_spans(index, size)
    with pytest.raises(ProofError):
        verify_inclusion(index, size, bytes(32), [], EMPTY_ROOT)


@pytest.mark.parametrize(("old", "new"), [(1, 0), (-1, 5), (6, 5)])
def test_there_is_no_proof_backwards(old: int, new: int) -> None:
    with pytest.raises(ProofError, match="no prefix"):
        consistency_spans(old, new)


@given(st.integers(0, 2**62), st.integers(0, 2**62))
def test_a_span_is_covered_by_few_perfect_subtrees(begin: int, length: int) -> None:
    nodes, place = nodes_of(Span(begin, begin + length)), begin
    for node in nodes:
        assert node.index << node.level == place
        place += 1 << node.level
    assert place == begin + length
    assert len(nodes) <= 2 * 63


@given(st.integers(1, 2**62), st.data())
def test_a_proof_in_the_largest_tree_is_short(size: int, data: st.DataObject) -> None:
    assert len(inclusion_spans(data.draw(st.integers(0, size - 1)), size)) <= MAX_PROOF
    assert len(consistency_spans(data.draw(st.integers(0, size)), size)) <= MAX_PROOF
