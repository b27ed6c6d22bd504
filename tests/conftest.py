"""What every test may ask for: a real PostgreSQL, a database of its own, and how hard Hypothesis shall try."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import settings

from eligibility_api.platform.cluster import provision
from eligibility_api.platform.embedded import EmbeddedPostgres, Role
from tests.depth import DEEP

settings.register_profile("standard", max_examples=200, deadline=None)
settings.register_profile("deep", max_examples=5_000, deadline=None)
settings.load_profile("deep" if DEEP else "standard")


@dataclass(frozen=True, slots=True)
class Database:
    """A database of the session's server, empty until a test or a fixture migrates it."""

    server: EmbeddedPostgres
    name: str

    def dsn(self, role: Role) -> str:
        """Its address for `role`."""
        return self.server.dsn(role, self.name)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio, as the services do."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """The session's own PostgreSQL, as durable as in service."""
    with (
        tempfile.TemporaryDirectory(prefix="shikaku-tests-") as home,
        EmbeddedPostgres(Path(home)) as server,
    ):
        yield server


@pytest.fixture(scope="module")
def database(postgres: EmbeddedPostgres) -> Database:
    """A fresh database for one test module, with the roles' rights to connect and nothing in it."""
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
