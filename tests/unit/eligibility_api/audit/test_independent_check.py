"""A reader written from the public formats alone accepts our checkpoints, tiles and proofs, and refuses forged ones."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from eligibility_api.merkle_log.notes import SigningKey
from eligibility_api.merkle_log.proofs import Node
from eligibility_api.merkle_log.tiles import ENTRIES, entry_bundle, parse_path
from eligibility_api.merkle_log.tlog_proofs import TlogProof
from tests.builders import independent_log
from tests.builders.audit_exports import LOG, ORIGIN, WITNESS, log_of
from tests.builders.independent_log import (
    Refused,
    check_consistency,
    check_inclusion,
    read_entries,
    read_head,
    read_proof,
    tree_hash,
)

SIZE = 600
OURS = log_of(SIZE, [])
LOG_KEY, WITNESS_KEY = str(LOG.verification_key), str(WITNESS.verification_key)
FORGER = SigningKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))


def test_it_shares_no_code_with_the_fund() -> None:
    tree = ast.parse(Path(independent_log.__file__).read_text(encoding="utf-8"))
    imported = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
        )
    }
    assert imported
    roots = {re.split(r"\.", name)[0] for name in imported}
    assert roots <= {"__future__", "base64", "collections", "cryptography", "dataclasses", "hashlib"}


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 600])
def test_it_accepts_our_checkpoints(size: int) -> None:
    head = read_head(OURS.note(LOG, WITNESS, size=size), LOG_KEY, [WITNESS_KEY])
    assert (head.origin, head.size, head.cosigners) == (ORIGIN, size, [WITNESS.name])
    assert head.root == tree_hash(OURS.commitments[:size])


def test_it_refuses_forged_checkpoints() -> None:
    note = OURS.note(LOG, WITNESS)
    forged = [
        OURS.note(FORGER),
        OURS.note(WITNESS),
        note.replace(b"\n600\n", b"\n601\n"),
        note.replace(b"fund.example/audit\n", b"fund.example/other\n", 1),
    ]
    for one in forged:
        with pytest.raises(Refused):
            read_head(one, LOG_KEY, [WITNESS_KEY])


def test_it_accepts_every_inclusion_proof_and_refuses_others() -> None:
    root = tree_hash(OURS.commitments)
    for index in range(SIZE):
        path = OURS.tree.inclusion_proof(index)
        check_inclusion(OURS.commitments[index], index, SIZE, path, root)
        for forged in (path[:-1], [*path, bytes(32)], [bytes(32), *path[1:]]):
            with pytest.raises(Refused):
                check_inclusion(OURS.commitments[index], index, SIZE, forged, root)
        with pytest.raises(Refused):
            check_inclusion(bytes(32), index, SIZE, path, root)
        with pytest.raises(Refused):
            check_inclusion(OURS.commitments[index], index ^ 1, SIZE, path, root)


def test_it_accepts_consistency_proofs_and_refuses_others() -> None:
    new_root = tree_hash(OURS.commitments)
    for old in [*range(1, 40), 255, 256, 257, 511, 512, 513, 599]:
        path, old_root = OURS.tree.consistency_proof(old), tree_hash(OURS.commitments[:old])
        check_consistency(old, SIZE, path, old_root, new_root)
        for forged in (path[:-1], [*path, bytes(32)], [*path[:-1], bytes(32)]):
            with pytest.raises(Refused):
                check_consistency(old, SIZE, forged, old_root, new_root)
        with pytest.raises(Refused):
            check_consistency(old, SIZE, path, bytes(32), new_root)


def served(path: str) -> bytes:
    tile = parse_path(path)
    first = tile.index * 256
    if tile.level == ENTRIES:
        return entry_bundle(OURS.commitments[first : first + tile.width])
    nodes = [OURS.tree.node(Node(8 * tile.level, first + place)) for place in range(tile.width)]
    return b"".join(nodes)


def test_it_reads_the_whole_log_by_its_tiles() -> None:
    entries = read_entries(SIZE, served)
    assert entries == OURS.commitments
    assert tree_hash(entries) == read_head(OURS.note(), LOG_KEY, []).root


def test_it_refuses_entries_that_are_not_those_of_the_tiles() -> None:
    def forged(path: str) -> bytes:
        data = served(path)
        return data[:-1] + bytes([data[-1] ^ 1]) if path == "tile/entries/002.p/88" else data

    with pytest.raises(Refused):
        read_entries(SIZE, forged)


def test_it_accepts_our_proofs_as_text_and_refuses_forged_ones() -> None:
    proof = TlogProof(77, tuple(OURS.tree.inclusion_proof(77)), OURS.note(), OURS.commitments[77])
    index, entry, head = read_proof(proof.encode(), LOG_KEY)
    assert (index, entry, head.size) == (77, OURS.commitments[77], SIZE)
    for forged in (
        TlogProof(78, proof.hashes, proof.checkpoint, proof.extra),
        TlogProof(77, proof.hashes[1:], proof.checkpoint, proof.extra),
        TlogProof(77, proof.hashes, OURS.note(FORGER), proof.extra),
        TlogProof(77, proof.hashes, proof.checkpoint, bytes(32)),
    ):
        with pytest.raises(Refused):
            read_proof(forged.encode(), LOG_KEY)
