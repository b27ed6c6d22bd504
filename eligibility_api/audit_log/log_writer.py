"""SQL by which the sequencer finds new records and appends to the log, as the role `shikaku_sequencer`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log.growing_tree import FullTile, GrowingTree, edge_tiles
from eligibility_api.audit_log.log_store import read_tile
from eligibility_api.audit_log.snapshots import Range, Snapshot
from eligibility_api.audit_log.tables import AuditCheckpoint, AuditTile
from eligibility_api.database.columns import table_of

TILE = table_of(AuditTile)
CHECKPOINT = table_of(AuditCheckpoint)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the log takes of a record."""

    record_id: UUID
    recorded_at: datetime
    commitment: bytes


@dataclass(frozen=True, slots=True)
class Position:
    """Where the sequencer is; see the table `audit_log_position`. `snapshot` is PostgreSQL's text."""

    cluster: int | None
    snapshot: str | None
    pending: tuple[Range, ...] = ()
    scanned_to: UUID | None = None


_POSITION = text("""
SELECT cluster, snapshot::text AS snapshot, firsts, ends, scanned_to FROM audit_log_position WHERE only_row FOR UPDATE
""")

_NOW = text("""
SELECT (SELECT system_identifier FROM pg_control_system()) AS cluster, pg_current_snapshot()::text AS snapshot
""")

_MOVE = text("""
UPDATE audit_log_position
SET cluster = :cluster, snapshot = CAST(CAST(:snapshot AS text) AS pg_snapshot), firsts = :firsts, ends = :ends,
    scanned_to = :scanned_to
WHERE only_row
""")

_SALT = text("SELECT audit_salt_records(:max_records)")

_BY_ID = text("""
SELECT record_id, recorded_at, commitment, in_log FROM audit_commitments_by_id(:after, :max_records)
""")

_BY_TRANSACTION = text("""
SELECT range_number, record_id, recorded_at, written_by, commitment, in_log
FROM audit_commitments(:firsts, :ends, CAST(CAST(:upto AS text) AS pg_snapshot), :max_records)
""")

_SIZE = text("SELECT leaf_index + 1 AS size FROM audit_leaf ORDER BY leaf_index DESC LIMIT 1")

_APPEND = text("""
INSERT INTO audit_leaf (leaf_index, record_id, recorded_at, commitment)
SELECT :size + n - 1, record_id, recorded_at, commitment
FROM unnest(CAST(:ids AS uuid[]), CAST(:instants AS timestamptz[]), CAST(:commitments AS bytea[]))
     WITH ORDINALITY AS e (record_id, recorded_at, commitment, n)
""")


async def lock_position(connection: AsyncConnection) -> Position:
    """Return the position, locked until the transaction's end."""
    row = (await connection.execute(_POSITION)).one()
    pending = tuple(Range(first, end) for first, end in zip(row.firsts, row.ends, strict=True))
    return Position(row.cluster, row.snapshot, pending, row.scanned_to)


async def move(connection: AsyncConnection, position: Position) -> None:
    """Store the position."""
    await connection.execute(
        _MOVE,
        {
            "cluster": position.cluster,
            "snapshot": position.snapshot,
            "firsts": [pending.first for pending in position.pending],
            "ends": [pending.end for pending in position.pending],
            "scanned_to": position.scanned_to,
        },
    )


async def present(connection: AsyncConnection) -> Position:
    """Return the cluster, and a snapshot of this moment."""
    row = (await connection.execute(_NOW)).one()
    return Position(row.cluster, row.snapshot)


async def salt_records(connection: AsyncConnection, max_records: int) -> int:
    """Give some records of an earlier program their salts. Returns how many."""
    return int((await connection.execute(_SALT, {"max_records": max_records})).scalar_one())


async def entries_by_id(
    connection: AsyncConnection, position: Position, max_records: int
) -> tuple[list[Entry], Position]:
    """Return new entries in order of the records' ids, after those that were scanned, and the position after them."""
    parameters = {"after": position.scanned_to, "max_records": max_records}
    rows = (await connection.execute(_BY_ID, parameters)).all()
    scanned_to = rows[-1].record_id if len(rows) == max_records else None
    entries = [Entry(row.record_id, row.recorded_at, row.commitment) for row in rows if not row.in_log]
    return entries, replace(position, scanned_to=scanned_to)


async def entries_by_transaction(
    connection: AsyncConnection, ranges: Sequence[Range], upto: str, max_records: int
) -> tuple[list[Entry], tuple[Range, ...]]:
    """Return new entries of transactions in `ranges` that `upto` sees, and the ranges that remain.

    A range gives whole transactions, until there are `max_records`.
    """
    parameters = {
        "firsts": [wanted.first for wanted in ranges],
        "ends": [wanted.end for wanted in ranges],
        "upto": upto,
        "max_records": max_records,
    }
    rows = (await connection.execute(_BY_TRANSACTION, parameters)).all()
    remaining = []
    for number, wanted in enumerate(ranges, start=1):
        found = [row.written_by for row in rows if row.range_number == number]
        if len(found) >= max_records and found[-1] + 1 < wanted.end:
            remaining.append(Range(found[-1] + 1, wanted.end))
    entries = [Entry(row.record_id, row.recorded_at, row.commitment) for row in rows if not row.in_log]
    return entries, tuple(remaining)


async def log_size(connection: AsyncConnection) -> int:
    """Return the number of leaves, signed or not."""
    return int((await connection.execute(_SIZE)).scalar_one_or_none() or 0)


async def read_tree(connection: AsyncConnection, size: int) -> GrowingTree:
    """Return the tree of the first `size` leaves, as it is stored."""
    edge = [await read_tile(connection, tile) if tile.width else [] for tile in edge_tiles(size)]
    return GrowingTree(size, edge)


async def append_leaves(connection: AsyncConnection, size: int, entries: Sequence[Entry]) -> None:
    """Append entries as the leaves from index `size` on."""
    await connection.execute(
        _APPEND,
        {
            "size": size,
            "ids": [entry.record_id for entry in entries],
            "instants": [entry.recorded_at for entry in entries],
            "commitments": [entry.commitment for entry in entries],
        },
    )


async def add_tiles(connection: AsyncConnection, tiles: Sequence[FullTile]) -> None:
    """Store tiles that have become full."""
    if tiles:
        values = [
            {"level": tile.level, "tile_index": tile.index, "hashes": tile.hashes, "root": tile.root}
            for tile in tiles
        ]
        await connection.execute(insert(TILE), values)


async def add_checkpoint(connection: AsyncConnection, size: int, root: bytes, note: bytes) -> None:
    """Publish a signed checkpoint."""
    values = {"tree_size": size, "root": root, "note": note}
    await connection.execute(insert(CHECKPOINT), values)


def parse_snapshot(position: Position) -> Snapshot:
    """Return the snapshot of a position that has one."""
    assert position.snapshot is not None
    return Snapshot.parse(position.snapshot)
