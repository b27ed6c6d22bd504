"""Migrates a database to the newest schema revision.

The embedded database is migrated at start, an external one by command only.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.pool import NullPool

from eligibility_api.database.connections import sqlalchemy_url


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


async def migrate(owner_dsn: str) -> None:
    """Run the missing migrations as the database's owner. Raises asyncpg's or SQLAlchemy's errors."""
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(sqlalchemy_url(owner_dsn), poolclass=NullPool)
    config = _config()
    try:
        async with engine.connect() as connection:

            def upgrade(sync_connection: object) -> None:
                config.attributes["connection"] = sync_connection
                command.upgrade(config, "head")

            await connection.run_sync(upgrade)
            await connection.commit()
    finally:
        await engine.dispose()
