"""Reading the log: checkpoints, tiles, entries, leaves and proofs.

Every function takes a connection of SQLAlchemy Core, of any role that may read the log's tables
(`shikaku_api`, `shikaku_auditor`, `shikaku_sequencer`). None reads a record. Leaves that no checkpoint has
signed yet are not shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.merkle_log.hashing import leaf_hash
from eligibility_api.merkle_log.proofs import (
    Node,
    Span,
    consistency_proof,
    consistency_spans,
    inclusion_proof,
    inclusion_spans,
    nodes_of,
)
from eligibility_api.merkle_log.tiles import TILE_WIDTH, Tile, node_in_tile, split_hashes, tile_of, width_at


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A signed checkpoint: the tree's size, its root, and the note as it is published."""

    tree_size: int
    root: bytes
    note: bytes
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class StoredLeaf:
    """A record's place in the log. `commitment` is the log's entry: 32 bytes."""

    leaf_index: int
    record_id: UUID
    recorded_at: datetime
    commitment: bytes


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """The proof that `leaf` is in the tree of `checkpoint`; `hashes` in the order of RFC 6962."""

    leaf: StoredLeaf
    checkpoint: StoredCheckpoint
    hashes: tuple[bytes, ...]


_CHECKPOINT = text("""
SELECT tree_size, root, note, signed_at FROM audit_checkpoint ORDER BY tree_size DESC, signed_at DESC LIMIT 1
""")

_ENTRIES = text("""
SELECT commitment FROM audit_leaf WHERE leaf_index >= :first AND leaf_index < :end ORDER BY leaf_index
""")

_TILE = text("SELECT hashes FROM audit_tile WHERE level = :level AND tile_index = :tile_index")

_ROOTS = text("""
SELECT root FROM audit_tile
WHERE level = :level AND tile_index >= :first AND tile_index < :end
ORDER BY tile_index
""")

_LEAVES = text("""
SELECT leaf_index, record_id, recorded_at, commitment FROM audit_leaves_of(CAST(:record_ids AS uuid[])) ORDER BY leaf_index
""")


async def latest_checkpoint(connection: AsyncConnection) -> StoredCheckpoint | None:
    """Return the newest checkpoint; None before the first."""
    row = (await connection.execute(_CHECKPOINT)).one_or_none()
    return None if row is None else StoredCheckpoint(*row)


async def tile(connection: AsyncConnection, level: int, index: int, width: int = TILE_WIDTH) -> bytes | None:
    """Return the first `width` hashes of a tile, concatenated; None unless the newest checkpoint's tree has them."""
    size = await _signed_size(connection)
    if not 0 < width <= width_at(level, index, size):
        return None
    return b"".join(await read_tile(connection, Tile(level, index, width)))


async def entries(connection: AsyncConnection, first: int, count: int) -> list[bytes]:
    """Return the entries from leaf `first` on, fewer at the end of the newest checkpoint's tree."""
    end = min(first + count, await _signed_size(connection))
    return await _entries(connection, first, end)


async def proof_of(connection: AsyncConnection, record_id: UUID) -> InclusionProof | None:
    """Return the proof of a record in the newest checkpoint's tree; None if that does not have it yet."""
    return (await proofs_of(connection, [record_id])).get(record_id)


async def proofs_of(connection: AsyncConnection, record_ids: Sequence[UUID]) -> dict[UUID, InclusionProof]:
    """Return the proofs of records, all in the same checkpoint; those that it does not have yet are left out."""
    checkpoint = await latest_checkpoint(connection)
    if checkpoint is None:
        return {}
    size = checkpoint.tree_size
    leaves = [leaf for leaf in await _leaves_of(connection, record_ids) if leaf.leaf_index < size]
    spans = [span for leaf in leaves for span in inclusion_spans(leaf.leaf_index, size)]
    nodes = await _read_nodes(connection, spans, size)
    return {
        leaf.record_id: InclusionProof(
            leaf, checkpoint, tuple(inclusion_proof(leaf.leaf_index, size, nodes.__getitem__))
        )
        for leaf in leaves
    }


async def consistency_hashes(connection: AsyncConnection, old_size: int, new_size: int) -> tuple[bytes, ...]:
    """Return the consistency proof between two sizes. Raises ValueError beyond the newest checkpoint's."""
    if new_size > await _signed_size(connection):
        raise ValueError("no checkpoint has this size yet")
    nodes = await _read_nodes(connection, consistency_spans(old_size, new_size), new_size)
    return tuple(consistency_proof(old_size, new_size, nodes.__getitem__))


async def read_tile(connection: AsyncConnection, wanted: Tile) -> list[bytes]:
    """Return the hashes of a tile that the log has, signed or not."""
    if wanted.width == TILE_WIDTH:
        row = (
            await connection.execute(_TILE, {"level": wanted.level, "tile_index": wanted.index})
        ).one_or_none()
        if row is not None:
            return split_hashes(row.hashes)
    first = wanted.index * TILE_WIDTH
    if wanted.level == 0:
        return [leaf_hash(entry) for entry in await _entries(connection, first, first + wanted.width)]
    bounds = {"level": wanted.level - 1, "first": first, "end": first + wanted.width}
    return [row.root for row in await connection.execute(_ROOTS, bounds)]


async def _signed_size(connection: AsyncConnection) -> int:
    checkpoint = await latest_checkpoint(connection)
    return 0 if checkpoint is None else checkpoint.tree_size


async def _entries(connection: AsyncConnection, first: int, end: int) -> list[bytes]:
    return [row.commitment for row in await connection.execute(_ENTRIES, {"first": first, "end": end})]


async def _leaves_of(connection: AsyncConnection, record_ids: Sequence[UUID]) -> list[StoredLeaf]:
    rows = await connection.execute(_LEAVES, {"record_ids": list(record_ids)})
    return [StoredLeaf(*row) for row in rows]


async def _read_nodes(connection: AsyncConnection, spans: Iterable[Span], size: int) -> dict[Node, bytes]:
    """Return the perfect subtrees that cover the spans; each tile is read once."""
    tiles: dict[Tile, list[bytes]] = {}
    nodes: dict[Node, bytes] = {}
    for node in (node for span in spans for node in nodes_of(span)):
        place = tile_of(node, size)
        if place not in tiles:
            tiles[place] = await read_tile(connection, place)
        nodes[node] = node_in_tile(node, tiles[place])
    return nodes
