"""The sequencer: gives every audit record its place in the log, and signs checkpoints.

One process at a time appends (an advisory lock, held by the connection that appends). It keeps nothing in memory: each
step reads the log's end and the position from the database, so that a restart, a second sequencer or a promoted
standby continues exactly there.

A step is two transactions. The first appends leaves and moves the position. The second reads the leaves back and
signs; it begins only after the commit of the first was confirmed as the database is configured to (on a synchronous
standby too), so that no fail-over loses a leaf which a checkpoint has signed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log import log_writer
from eligibility_api.audit_log.checkpoint_keys import CheckpointKey
from eligibility_api.audit_log.last_checkpoint import LastCheckpoint
from eligibility_api.audit_log.log_store import StoredCheckpoint, latest_checkpoint
from eligibility_api.audit_log.log_writer import Entry, Position, parse_snapshot
from eligibility_api.audit_log.snapshots import ended_between
from eligibility_api.database.connections import Database
from eligibility_api.merkle_log.checkpoints import Checkpoint, sign_checkpoint
from eligibility_api.merkle_log.hashing import leaf_hash
from eligibility_api.merkle_log.notes import SigningKey, parse_note
from eligibility_api.platform.clock import Clock
from eligibility_api.platform.service_metrics import reported_metrics
from eligibility_api.platform.settings import Settings
from eligibility_api.platform.telemetry import LOG_DELAY, LOG_LEAVES

log = structlog.get_logger()

CHUNK = 5_000
"""Records read at a time, of each range of transactions; a transaction's records are never divided."""

STATEMENT_SECONDS = 30.0
"""Statement timeout of the sequencer."""

STEP_SECONDS = 0.4
"""How often a step begins. Most of a step's cost does not depend on its records: under load it takes what has gathered."""

_RETRY_SECONDS = 2.0
_LOCK = 0x5348_494B_414B_554C
"""The advisory lock of the one sequencer that appends."""

_TRY_LOCK = text("SELECT pg_try_advisory_lock(:lock)")
_SESSION = text("SELECT set_config('idle_session_timeout', '30s', false)")
"""A sequencer whose machine stands still loses its connection, and with it the lock."""


class CommitNotConfirmed(Exception):
    """The database committed, but warned that the commit may not have reached a standby."""


@dataclass(frozen=True, slots=True)
class Appended:
    """What the first transaction of a step did: the log's size after it, the new entries, and whether it wrote."""

    size: int
    entries: Sequence[Entry]
    wrote: bool


class Sequencer:
    """Appends to the log over one connection; see `step`."""

    def __init__(
        self, connection: AsyncConnection, settings: Settings, clock: Clock, *, chunk: int = CHUNK
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._key = CheckpointKey(settings)
        self._last = LastCheckpoint(settings)
        self._chunk = chunk
        self._warned = False
        self.is_behind = False
        """Whether the last step left records that it could have appended."""

    async def lead(self) -> bool:
        """Become the one sequencer that appends; returns whether no other one is.

        Raises `LogBehindCheckpoint` if the database has lost leaves that a checkpoint of this process signed.
        """
        raw: Any = await self._connection.get_raw_connection()
        raw.driver_connection.add_log_listener(self._on_message)
        async with self._connection.begin():
            if not (await self._connection.execute(_TRY_LOCK, {"lock": _LOCK})).scalar_one():
                return False
            await self._connection.execute(_SESSION)
        async with self._connection.begin():
            await self._last.check(self._connection)
        return True

    async def step(self) -> bool:
        """Append the next chunk and sign. Returns whether there was anything to do."""
        key = self._key.read()
        self._warned = False
        async with self._connection.begin():
            latest = await latest_checkpoint(self._connection)
            must_sign = latest is None or not _is_signed_by(latest, key)
            appended = await self._append(signed_size=-1 if must_sign or latest is None else latest.tree_size)
        if self._warned:
            raise CommitNotConfirmed
        if appended.wrote:
            await self._sign(appended.size, key)
            self._count(appended.entries)
        return appended.wrote

    async def _append(self, *, signed_size: int) -> Appended:
        """Append new entries. Whatever is to be signed afterwards, this transaction writes."""
        connection = self._connection
        former = await log_writer.lock_position(connection)
        entries, position = await self._next(former)
        size = await log_writer.log_size(connection)
        if entries:
            tree = await log_writer.read_tree(connection, size)
            full = [tile for entry in entries for tile in tree.append(leaf_hash(entry.commitment))]
            await log_writer.append_leaves(connection, size, entries)
            await log_writer.add_tiles(connection, full)
        wrote = bool(entries) or size != signed_size or _has_moved(former, position)
        if wrote:
            await log_writer.move(connection, position)
        self.is_behind = bool(position.pending) or position.scanned_to is not None
        return Appended(size + len(entries), entries, wrote)

    async def _next(self, position: Position) -> tuple[list[Entry], Position]:
        """Return the next new entries, and the position after them."""
        connection = self._connection
        present = await log_writer.present(connection)
        if _is_of_another_cluster(position, present):
            position = replace(present, scanned_to=UUID(int=0))
        if position.scanned_to is not None:
            # Records of an earlier program first; more of them means that this step reads none.
            if await log_writer.salt_records(connection, self._chunk):
                return [], replace(position, pending=())
            return await log_writer.entries_by_id(connection, position, self._chunk)
        ranges, upto = position.pending, position.snapshot
        if not ranges:
            ranges = tuple(ended_between(parse_snapshot(position), parse_snapshot(present)))
            upto = present.snapshot
        if not ranges or upto is None:
            return [], position
        entries, remaining = await log_writer.entries_by_transaction(connection, ranges, upto, self._chunk)
        return entries, replace(position, snapshot=upto, pending=remaining)

    async def _sign(self, size: int, key: SigningKey) -> None:
        async with self._connection.begin():
            root = (await log_writer.read_tree(self._connection, size)).root()
            note = sign_checkpoint(Checkpoint(key.name, size, root), key)
            self._last.write(note)
            await log_writer.add_checkpoint(self._connection, size, root, note)

    def _count(self, entries: Sequence[Entry]) -> None:
        if entries:
            LOG_LEAVES.inc(len(entries))
            oldest = min(entry.recorded_at for entry in entries)
            LOG_DELAY.observe(max(0.0, (self._clock() - oldest).total_seconds()))

    def _on_message(self, _: Any, message: Any) -> None:
        # A commit whose wait for the standby was cancelled succeeds with a warning.
        self._warned = self._warned or getattr(message, "severity_en", message.severity) == "WARNING"


async def run_sequencer(settings: Settings, database: Database, clock: Clock) -> None:
    """Append to the log until cancelled; wait while another process does. A failure is logged, and retried."""
    try:
        async with reported_metrics():
            while True:
                try:
                    await _sequence(settings, database, clock)
                except Exception as error:
                    code = getattr(error, "code", "")
                    log.warning("sequencer_failed", code=code, cause=type(error).__name__, exc_info=error)
                await asyncio.sleep(_RETRY_SECONDS)
    finally:
        await database.close()


async def _sequence(settings: Settings, database: Database, clock: Clock) -> None:
    async with database.session() as connection:
        sequencer = Sequencer(connection, settings, clock)
        if not await sequencer.lead():
            return
        log.info("sequencing")
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await sequencer.step()
            if not sequencer.is_behind:
                await asyncio.sleep(began + STEP_SECONDS - loop.time())


def _is_of_another_cluster(position: Position, present: Position) -> bool:
    """Whether the position's transaction numbers are not this cluster's: before the first step, or after a restore."""
    if position.snapshot is None or position.cluster != present.cluster:
        return True
    return parse_snapshot(position).end > parse_snapshot(present).end


def _has_moved(former: Position, latter: Position) -> bool:
    """Whether the position says something new; a later snapshot without any entry between the two does not.

    While the record is read by ids it always does: records may have got their salts.
    """
    return former.scanned_to is not None or (former.cluster, former.scanned_to, former.pending) != (
        latter.cluster,
        latter.scanned_to,
        latter.pending,
    )


def _is_signed_by(checkpoint: StoredCheckpoint, key: SigningKey) -> bool:
    signed = {(signature.name, signature.key_id) for signature in parse_note(checkpoint.note).signatures}
    return (key.name, key.verification_key.key_id) in signed
