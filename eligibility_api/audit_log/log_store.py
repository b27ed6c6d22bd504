"""Reading the log: checkpoints, tiles, entries, leaves and proofs.

Every function takes a connection of SQLAlchemy Core, of any role that may read the log's tables
(`shikaku_api`, `shikaku_auditor`, `shikaku_sequencer`). None reads a record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection


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


async def latest_checkpoint(connection: AsyncConnection) -> StoredCheckpoint | None:
    """The newest checkpoint; None before the first."""
    raise NotImplementedError


async def tile(connection: AsyncConnection, level: int, index: int, width: int = 256) -> bytes | None:
    """The first `width` hashes of a tile, concatenated; None unless the newest checkpoint's tree has them."""
    raise NotImplementedError


async def entries(connection: AsyncConnection, first: int, count: int) -> list[bytes]:
    """The log's entries from leaf `first`, fewer at the end of the newest checkpoint's tree."""
    raise NotImplementedError


async def leaf_of(connection: AsyncConnection, record_id: UUID) -> StoredLeaf | None:
    """A record's leaf; None if it has none yet."""
    raise NotImplementedError


async def proof_of(connection: AsyncConnection, record_id: UUID) -> InclusionProof | None:
    """The proof of a record in the newest checkpoint's tree; None if that does not have it yet."""
    raise NotImplementedError


async def proofs_of(connection: AsyncConnection, record_ids: Sequence[UUID]) -> dict[UUID, InclusionProof]:
    """The proofs of several records, all in the same checkpoint; those that it does not have yet are left out."""
    raise NotImplementedError


async def consistency_hashes(connection: AsyncConnection, old_size: int, new_size: int) -> tuple[bytes, ...]:
    """The consistency proof between two sizes, the newest checkpoint's at most; ValueError for others."""
    raise NotImplementedError
