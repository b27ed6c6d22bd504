"""The mark of a sandbox: made with the database, never later, never removed; each kind of fund refuses the other's."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import asyncpg
import httpx2
import pytest
from alembic import command as alembic
from anyio.to_thread import run_sync
from sqlalchemy.ext.asyncio import create_async_engine

from eligibility_api.database import migrate as migrating
from eligibility_api.database.connections import ENGINE_URL
from eligibility_api.database.migrate import migrate
from eligibility_api.database.servers import Servers
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from eligibility_api.health import readyz
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.settings import Settings
from eligibility_api.serve import check_database_kind
from tests.builders.database import Database, create_database
from tests.builders.fund import Fund

pytestmark = pytest.mark.anyio

MARKS = "SELECT count(*) FROM sandbox_mark"


async def fetch(database: Database, statement: str) -> object:
    connection = await asyncpg.connect(database.dsn("owner"))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="module")
async def sandbox(postgres: EmbeddedPostgres) -> Database:
    """A database that was created as a sandbox."""
    made = await create_database(postgres)
    await migrate(made.dsn("owner"), sandbox=True)
    return made


def settings_for(database: Database, home: Path, *, sandbox: bool) -> Settings:
    address = database.dsn("api")
    return Settings(home=home, sandbox=sandbox, FUND_DATABASE_URL=address)


async def test_a_database_is_created_as_a_sandbox_or_not(sandbox: Database, database: Database) -> None:
    assert (await fetch(sandbox, MARKS), await fetch(database, MARKS)) == (1, 0)
    await migrate(sandbox.dsn("owner"), sandbox=True)
    assert await fetch(sandbox, MARKS) == 1


async def test_migrate_refuses_a_database_of_the_other_kind(sandbox: Database, database: Database) -> None:
    with pytest.raises(OperatorError, match="created as a sandbox"):
        await migrate(sandbox.dsn("owner"))
    with pytest.raises(OperatorError, match="not created as a sandbox"):
        await migrate(database.dsn("owner"), sandbox=True)
    assert (await fetch(sandbox, MARKS), await fetch(database, MARKS)) == (1, 0)


async def test_a_start_refuses_an_external_database_of_the_other_kind(
    sandbox: Database, database: Database, tmp_path: Path
) -> None:
    accepted = [(sandbox, True), (database, False)]
    for found, is_sandbox in accepted:
        await run_sync(check_database_kind, settings_for(found, tmp_path, sandbox=is_sandbox))
        with pytest.raises(OperatorError, match="created as a sandbox"):
            await run_sync(check_database_kind, settings_for(found, tmp_path, sandbox=not is_sandbox))


async def test_a_database_that_is_away_is_refused_by_a_sandbox_alone(tmp_path: Path) -> None:
    away = "postgresql://shikaku_api:x@127.0.0.1:1/none"
    await run_sync(check_database_kind, Settings(home=tmp_path, FUND_DATABASE_URL=away))
    with pytest.raises(OperatorError, match="database-unavailable"):
        await run_sync(
            check_database_kind,
            Settings(home=tmp_path, sandbox=True, FUND_DATABASE_URL=away),
        )


async def test_a_fund_is_not_ready_on_a_database_of_the_other_kind(fund: Fund) -> None:
    other = fund.state.settings.model_copy(update={"sandbox": True})
    states = (fund.state, dataclasses.replace(fund.state, settings=other))
    ready = [(await readyz(httpx2.Response(200), state)).ready for state in states]  # type: ignore[arg-type]
    assert ready == [True, False]


async def test_a_database_with_clients_does_not_become_a_sandbox(postgres: EmbeddedPostgres) -> None:
    earlier = await create_database(postgres)
    engine = create_async_engine(ENGINE_URL, async_creator=Servers(earlier.dsn("owner"), seconds=5).connect)
    config = migrating._config()
    async with engine.connect() as connection:

        def upgrade(sync_connection: object) -> None:
            config.attributes["connection"] = sync_connection
            alembic.upgrade(config, "0031")

        await connection.run_sync(upgrade)
        await connection.commit()
    await engine.dispose()
    await fetch(
        earlier,
        "WITH f AS (INSERT INTO facility (institution_code, name, kind) VALUES ('1311111114', 'x', 'clinic'))"
        " INSERT INTO client (client_id, institution_code, public_key, rights)"
        " VALUES (gen_random_uuid(), '1311111114', '{}', '{}')",
    )
    with pytest.raises(OperatorError, match="not created as a sandbox"):
        await migrate(earlier.dsn("owner"), sandbox=True)
    await migrate(earlier.dsn("owner"))
    assert await fetch(earlier, MARKS) == 0


@pytest.mark.parametrize("statement", ["DELETE FROM sandbox_mark", "TRUNCATE sandbox_mark"])
async def test_nobody_removes_the_mark(sandbox: Database, statement: str) -> None:
    with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
        await fetch(sandbox, statement)
    assert await fetch(sandbox, MARKS) == 1
