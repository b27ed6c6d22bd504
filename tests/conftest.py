"""Fixtures for all tests: a real PostgreSQL, a database per module, a running stack, and Hypothesis profiles."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import settings

from eligibility_api.embedded_postgres.cluster import provision
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from tests.builders.database import Database
from tests.builders.stack import PopulatedStack, populated_stack
from tests.depth import DEEP

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # In a background job, the programs that tests start would inherit the ignored signal.
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("standard", max_examples=200, deadline=None)
settings.register_profile("deep", max_examples=5_000, deadline=None)
settings.load_profile("deep" if DEEP else "standard")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run async tests on asyncio, as the services do."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """The session's PostgreSQL, as durable as in production."""
    with (
        tempfile.TemporaryDirectory(prefix="shikaku-tests-") as home,
        EmbeddedPostgres(Path(home)) as server,
    ):
        yield server


@pytest.fixture(scope="module")
def database(postgres: EmbeddedPostgres) -> Database:
    """An empty database for one test module, to which the roles may connect."""
    name = f"test_{uuid4().hex[:12]}"

    async def create() -> None:
        connection = await asyncpg.connect(postgres.dsn("owner"))
        try:
            for statement in provision(name):
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(create())
    return Database(postgres, name)


@pytest.fixture(scope="session")
def stack() -> Iterator[PopulatedStack]:
    """The session's stack: two workers, one database. A test that kills a process starts a stack of its own."""
    with populated_stack() as running:
        yield running
