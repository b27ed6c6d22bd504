"""The schema of a release beside the programs of the last one: expand migrations run, contracts wait for their end (decision 029)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from alembic.config import Config
from sqlalchemy.exc import DBAPIError

from eligibility_api.database import migrate as migrating
from eligibility_api.database.migrate import migrate
from eligibility_api.database.operator_sentences import sentence
from eligibility_api.database.revisions import head
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from eligibility_api.health import read_readiness
from eligibility_api.platform.errors import OperatorError
from tests.builders.database import Database, create_database
from tests.builders.fund import Fund

pytestmark = pytest.mark.anyio

HEAD = head()

MIGRATION = '''"""A migration of a release to come."""

from alembic import op

revision = "{revision}"
down_revision = "{former}"
phase = "{phase}"
{more}

def upgrade() -> None:
    op.execute("{statement}")
'''

EXPANDED, CONTRACTED, AFTER = "9001", "9002", "9003"


@pytest.fixture
def next_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Migrations of a next release: two that expand, and a contract between them."""
    served = f'serves_from = "{HEAD}"\n'
    for revision, former, phase, more, statement in (
        (EXPANDED, HEAD, "expand", "", "ALTER TABLE client ADD COLUMN of_next text"),
        (CONTRACTED, EXPANDED, "contract", served, "ALTER TABLE client DROP COLUMN of_next"),
        (AFTER, CONTRACTED, "expand", "", "CREATE TABLE of_next (n integer)"),
    ):
        values = {
            "revision": revision,
            "former": former,
            "phase": phase,
            "more": more,
            "statement": statement,
        }
        (tmp_path / f"{revision}_of_next.py").write_text(MIGRATION.format(**values))
    config = migrating._config

    def with_next() -> Config:
        both = config()
        present = Path(migrating.__file__).with_name("migrations") / "versions"
        both.set_main_option("path_separator", "os")
        both.set_main_option("version_locations", f"{present}{os.pathsep}{tmp_path}")
        return both

    monkeypatch.setattr(migrating, "_config", with_next)
    monkeypatch.setattr(migrating, "_LOCK_PAUSE_SECONDS", 0.01)


@pytest.fixture
async def site(postgres: EmbeddedPostgres, migrated: Database) -> Database:
    """A database of one test, migrated to this release."""
    return await create_database(postgres, migrated)


@pytest.fixture
async def owner(site: Database) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(site.dsn("owner"))
    yield connection
    await connection.close()


@asynccontextmanager
async def program(database: Database, name: str) -> AsyncIterator[asyncpg.Connection]:
    """A session of a program."""
    connection = await asyncpg.connect(database.dsn("api"), server_settings={"application_name": name})
    try:
        yield connection
    finally:
        await connection.close()


async def state(owner: asyncpg.Connection) -> tuple[str, str]:
    """The schema's revision, and the oldest one whose programs it serves."""
    row = await owner.fetchrow("SELECT version_num, revision FROM alembic_version, schema_floor")
    assert row is not None
    return row["version_num"], row["revision"]


@pytest.mark.parametrize("name", ["eligibility-api", "eligibility-api 0041", "eligibility-api jobs 0041"])
@pytest.mark.usefixtures("next_release")
async def test_a_contract_waits_until_no_program_is_connected_that_it_would_break(
    site: Database, owner: asyncpg.Connection, name: str
) -> None:
    refusal = f"Migration {CONTRACTED} would break programs that are connected: 1 sessions"
    async with program(site, name), program(site, f"eligibility-api {HEAD}"), program(site, "psql"):
        for _ in range(2):
            with pytest.raises(OperatorError, match=refusal):
                await migrate(site.dsn("owner"))
            assert await state(owner) == (EXPANDED, "0040"), "what comes before it is migrated"
    async with program(site, f"eligibility-api {HEAD}"):
        await migrate(site.dsn("owner"))
        assert await state(owner) == (AFTER, HEAD)
        await migrate(site.dsn("owner"))


async def test_a_program_is_ready_until_a_contract_that_breaks_it(fund: Fund) -> None:
    async def ready(revision: str, floor: str) -> tuple[bool, bool]:
        await fund.owner.fetch("UPDATE alembic_version SET version_num = $1", [revision])
        await fund.owner.fetch("UPDATE schema_floor SET revision = $1", [floor])
        readiness = await read_readiness(fund.state)
        return readiness.ready, bool(readiness.migrated)

    try:
        assert await ready(HEAD, "0040") == (True, True)
        assert await ready("9001", HEAD) == (True, True), "the next release has migrated"
        assert await ready("9001", "9001") == (False, False)
        assert await ready("0040", "0040") == (False, False)
        person = await fund.insured()
        assert (await fund.tap(person.card)).status_code == 200
    finally:
        assert (await ready(HEAD, "0040"))[0]


@pytest.mark.usefixtures("next_release")
async def test_a_table_in_use_is_tried_again_and_requests_do_not_queue_behind_it(
    site: Database, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "_LOCK_TIMEOUT", "20ms")
    async with program(site, f"eligibility-api {HEAD}") as request:
        transaction = owner.transaction()
        await transaction.start()
        await owner.execute("LOCK TABLE client IN ACCESS SHARE MODE")
        task = asyncio.ensure_future(migrate(site.dsn("owner")))
        for _ in range(5):
            # Behind the migration's wait, and answered once that is given up.
            await asyncio.wait_for(request.fetch("SELECT client_id FROM client LIMIT 1"), 5)
        assert not task.done()
        await transaction.rollback()
        await task
    assert (await state(owner))[0] == AFTER


@pytest.mark.usefixtures("next_release")
async def test_a_table_that_stays_in_use_ends_the_migration_with_the_database_as_it_was(
    site: Database, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "_LOCK_TIMEOUT", "5ms")
    monkeypatch.setattr(migrating, "_LOCK_TRIES", 3)
    before = await state(owner)
    async with owner.transaction():
        await owner.execute("LOCK TABLE client IN ACCESS SHARE MODE")
        with pytest.raises(DBAPIError) as raised:
            await migrate(site.dsn("owner"))
    assert "in use by another transaction" in str(sentence(raised.value))
    assert await state(owner) == before
