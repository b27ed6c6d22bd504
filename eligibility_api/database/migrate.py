"""Migrates a database to the newest schema revision.

The embedded database is migrated at start, an external one by command only.
"""

from __future__ import annotations

from functools import cache  # noqa: TID251 - without arguments
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from eligibility_api.database.connections import ENGINE_URL
from eligibility_api.database.sandbox_mark import check_kind
from eligibility_api.database.servers import Servers
from eligibility_api.embedded_postgres.cluster import ROLES, role_name
from eligibility_api.platform.errors import OperatorError

CONNECT_SECONDS = 10.0
"""How long the only server may take to accept an operator's connection."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    return config


@cache
def head() -> str:
    """The schema revision that this program expects."""
    current = ScriptDirectory.from_config(_config()).get_current_head()
    assert current is not None
    return current


_MISSING_ROLES = text("""
SELECT array_agg(name) FROM unnest(CAST(:names AS text[])) AS n (name)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
""")


async def migrate(owner_dsn: str, *, sandbox: bool = False) -> None:
    """Run the missing migrations, as the database's owner. A new database is created as a sandbox or not.

    Raises OperatorError if the server lacks a role that the migrations grant rights to, or the database is of the
    other kind (nothing is migrated then); and asyncpg's or SQLAlchemy's errors.
    """
    servers = Servers(owner_dsn, seconds=CONNECT_SECONDS)
    engine = create_async_engine(ENGINE_URL, async_creator=servers.connect, poolclass=NullPool)
    config = _config()
    config.attributes["sandbox"] = sandbox
    try:
        async with engine.connect() as connection:
            await _check_roles(connection)
            await check_kind(connection, sandbox=sandbox)
            await connection.rollback()

            def upgrade(sync_connection: object) -> None:
                config.attributes["connection"] = sync_connection
                command.upgrade(config, "head")

            await connection.run_sync(upgrade)
            await connection.commit()
            await check_kind(connection, sandbox=sandbox)
    finally:
        await engine.dispose()


async def _check_roles(connection: AsyncConnection) -> None:
    names = [role_name(role) for role in ROLES if role != "owner"]
    missing = (await connection.execute(_MISSING_ROLES, {"names": names})).scalar_one()
    await connection.rollback()  # each migration has a transaction of its own
    if missing:
        raise OperatorError(
            f"The database server has no role {', '.join(missing)}: create it; or, if an earlier version of this program"
            " migrated the database, rename its roles api, batch and sequencer to shikaku_api, shikaku_jobs and"
            " shikaku_auditor (ALTER ROLE … RENAME TO …)."
        )
