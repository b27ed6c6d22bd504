"""The sequencer of a test's fund, step by step; and records appended by a program."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg

from eligibility_api.audit_log import checkpoint_keys
from eligibility_api.audit_log.sequencer import CHUNK, Sequencer
from eligibility_api.database.connections import Database
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
