"""The sequencer of a test's fund, step by step; records appended by a program; and the whole log, checked."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log import checkpoint_keys, log_store
from eligibility_api.audit_log.log_store import StoredLeaf
from eligibility_api.audit_log.sequencer import CHUNK, Sequencer
from eligibility_api.database.connections import Database
from eligibility_api.merkle_log.checkpoints import open_checkpoint
from eligibility_api.merkle_log.commitments import commitment
from eligibility_api.merkle_log.hashing import leaf_hash
from eligibility_api.merkle_log.notes import VerificationKey
from eligibility_api.merkle_log.proofs import Tree
from eligibility_api.platform.settings import Settings
from tests.builders.database import Database as TestDatabase
from tests.builders.fund import Fund

APPEND = """
INSERT INTO audit_record (kind, outcome, institution_code, person_key, detail) VALUES ($1, 'done', '1310100126', $2, '{"x": "試験"}')
RETURNING record_id
"""


@asynccontextmanager
async def sequencing(
    database: TestDatabase, settings: Settings, fund: Fund, *, chunk: int = CHUNK
) -> AsyncIterator[Sequencer]:
    """A sequencer with a connection of its own, which does not lead yet."""
    checkpoint_keys.create_missing(settings)
    opened = Database(database.dsn("sequencer"), engine_connections=1)
    try:
        async with opened.session() as connection:
            yield Sequencer(connection, settings, fund.clock, chunk=chunk)
    finally:
        await opened.close()


async def run(sequencer: Sequencer) -> int:
    """Step until nothing is left to do; returns the number of steps that did something."""
    steps = 0
    while await sequencer.step():
        steps += 1
        assert steps < 10_000
    return steps


async def sequence(fund: Fund, *, chunk: int = CHUNK) -> None:
    """Bring the fund's log up to date."""
    async with sequencing(fund.database, fund.state.settings, fund, chunk=chunk) as sequencer:
        assert await sequencer.lead()
        await run(sequencer)


async def append(program: asyncpg.Connection, kind: str = "eligibility.card") -> UUID:
    """Append a record as a program does; returns its id."""
    record_id: UUID = await program.fetchval(APPEND, kind, os.urandom(16))
    return record_id


@dataclass(frozen=True, slots=True)
class Log:
    """The record and its log, as an auditor reads them."""

    leaves: list[asyncpg.Record]
    records: list[asyncpg.Record]
    checkpoints: list[asyncpg.Record]

    @property
    def is_signed(self) -> bool:
        """Whether the newest checkpoint contains every record."""
        newest = max((checkpoint["tree_size"] for checkpoint in self.checkpoints), default=0)
        return newest == len(self.leaves) >= len(self.records)

    def check(self, origin: str, keys: Sequence[VerificationKey]) -> None:
        """No gap, no leaf twice, no record without its leaf, and no checkpoint of another history."""
        assert [leaf["leaf_index"] for leaf in self.leaves] == list(range(len(self.leaves)))
        by_id = {leaf["record_id"]: leaf for leaf in self.leaves}
        assert len(by_id) == len(self.leaves)
        assert self.records
        for record in self.records:
            leaf = by_id[record["record_id"]]
            assert leaf["commitment"] == commitment(record["salt"], record["text"].encode())
            assert leaf["recorded_at"] == record["recorded_at"]
        tree = Tree(leaf_hash(leaf["commitment"]) for leaf in self.leaves)
        assert self.checkpoints
        for stored in self.checkpoints:
            checkpoint, _ = open_checkpoint(stored["note"], origin, keys)
            assert (checkpoint.size, checkpoint.root) == (stored["tree_size"], stored["root"])
            assert tree.root(checkpoint.size) == checkpoint.root


async def read_log(dsn: str) -> Log:
    """Read everything, in one snapshot; `dsn` is an auditor's or the owner's."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return Log(
                await connection.fetch("SELECT * FROM audit_leaf ORDER BY leaf_index"),
                await connection.fetch(
                    "SELECT record_id, recorded_at, kind, salt, audit_record_text(r) AS text FROM audit_record r"
                ),
                await connection.fetch("SELECT * FROM audit_checkpoint"),
            )
    finally:
        await connection.close()


async def leaf_of(connection: AsyncConnection, record_id: UUID) -> StoredLeaf | None:
    """A record's leaf, in a signed tree or in none yet."""
    return next(iter(await log_store._leaves_of(connection, [record_id])), None)
