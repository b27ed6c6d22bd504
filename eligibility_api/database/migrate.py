"""Migrates a database to the newest schema revision, while the programs of the last release serve.

The embedded database is migrated at start, an external one by command only. A migration waits a second for a table that is in
use, since requests queue behind it, and tries again. A contract is refused while a program is connected that it would break
(docs/decisions/029).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from eligibility_api.database.connections import ENGINE_URL
from eligibility_api.database.migrations.phases import serves_from
from eligibility_api.database.revisions import revision_of
from eligibility_api.database.sandbox_mark import check_kind
from eligibility_api.database.servers import Servers
from eligibility_api.embedded_postgres.cluster import ROLES, role_name
from eligibility_api.platform.errors import OperatorError

CONNECT_SECONDS = 10.0
"""How long the only server may take to accept an operator's connection."""

_LOCK_TIMEOUT, _LOCK_TRIES, _LOCK_PAUSE_SECONDS = "1s", 60, 1.0

MIN_POSTGRES = 18
"""The oldest PostgreSQL whose functions the schema uses (`uuidv7`)."""


def check_version(major: int) -> None:
    """Raise OperatorError for a server that is too old."""
    if major < MIN_POSTGRES:
        raise OperatorError(
            f"The server is PostgreSQL {major}; the fund needs {MIN_POSTGRES} or a newer one."
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    return config


_SET_LOCK_TIMEOUT = text("SELECT set_config('lock_timeout', :timeout, false)")

# Sessions of other roles have their names shown to who may read all statistics, as the owner.
_SESSIONS = text("SELECT application_name FROM pg_stat_activity WHERE datname = current_database()")

_MISSING_ROLES = text("""
SELECT array_agg(name) FROM unnest(CAST(:names AS text[])) AS n (name)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
""")


async def migrate(owner_dsn: str, *, sandbox: bool = False) -> None:
    """Run the missing migrations, as the database's owner. A new database is created as a sandbox or not.

    Raises OperatorError if the server is too old or lacks a role that the migrations grant rights to, or the database is of the
    other kind (nothing is migrated then), or a contract would break a program that is connected (what comes before it is
    migrated); and asyncpg's or SQLAlchemy's errors.
    """
    servers = Servers(owner_dsn, seconds=CONNECT_SECONDS)
    engine = create_async_engine(ENGINE_URL, async_creator=servers.connect, poolclass=NullPool)
    config = _config()
    config.attributes["sandbox"] = sandbox
    try:
        async with engine.connect() as connection:
            await _check_server(connection)
            await _check_roles(connection)
            await check_kind(connection, sandbox=sandbox)
            await connection.rollback()

            await _upgrade(connection, config)
            await check_kind(connection, sandbox=sandbox)
    finally:
        await engine.dispose()


async def _check_server(connection: AsyncConnection) -> None:
    number = (await connection.execute(text("SHOW server_version_num"))).scalar_one()
    check_version(int(number) // 10_000)


async def _check_roles(connection: AsyncConnection) -> None:
    names = [role_name(role) for role in ROLES if role != "owner"]
    missing = (await connection.execute(_MISSING_ROLES, {"names": names})).scalar_one()
    await connection.rollback()  # each migration has a transaction of its own
    if missing:
        raise OperatorError(
            f"The database server has no role {', '.join(missing)}: run eligibility-api database prepare; or, if an earlier version of this program"
            " migrated the database, rename its roles api, batch and sequencer to shikaku_api, shikaku_jobs and"
            " shikaku_auditor (ALTER ROLE … RENAME TO …)."
        )


async def _upgrade(connection: AsyncConnection, config: Config) -> None:
    """Run the missing migrations, each in a transaction; again while a table stays in use."""
    await connection.execute(_SET_LOCK_TIMEOUT, {"timeout": _LOCK_TIMEOUT})
    await connection.commit()
    for tries_left in reversed(range(_LOCK_TRIES)):
        try:
            await connection.run_sync(_run_missing, config)
            await connection.commit()
            break
        except DBAPIError as error:
            await connection.rollback()
            if not isinstance(error.driver_exception, asyncpg.LockNotAvailableError) or not tries_left:
                raise
        await asyncio.sleep(_LOCK_PAUSE_SECONDS)


def _run_missing(connection: Connection, config: Config) -> None:
    config.attributes["connection"] = connection
    for contract, floor in _missing_contracts(connection, config):
        if contract.down_revision is not None:
            command.upgrade(config, str(contract.down_revision))
        _check_programs(connection, contract.revision, floor)
        command.upgrade(config, contract.revision)
    command.upgrade(config, "head")


def _missing_contracts(connection: Connection, config: Config) -> Iterator[tuple[Script, str]]:
    """The contracts that are to come, each with the oldest revision whose programs go on."""
    present = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()  # each migration has a transaction of its own
    missing = list(ScriptDirectory.from_config(config).iterate_revisions("head", present or "base"))
    for script in reversed(missing):
        floor = serves_from(script.module)
        if floor is not None:
            yield script, floor


def _check_programs(connection: Connection, contract: str, floor: str) -> None:
    """Raise OperatorError while a program is connected that expects an older schema than `floor`."""
    names = [row.application_name for row in connection.execute(_SESSIONS)]
    connection.rollback()
    older = sorted(
        revision for name in names if (revision := revision_of(name)) is not None and revision < floor
    )
    if older:
        raise OperatorError(
            f"Migration {contract} would break programs that are connected: {len(older)} sessions expect schema {older[0]},"
            f" and {floor} is the oldest that goes on. Stop the processes of the former release, then migrate again."
        )
