"""Databases for tests, on the session's server."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

import asyncpg

from eligibility_api.database.migrate import migrate
from eligibility_api.embedded_postgres.cluster import provision
from eligibility_api.embedded_postgres.server import SETTINGS, EmbeddedPostgres, Role

NOT_DURABLE = SETTINGS | {"fsync": "off", "full_page_writes": "off"}
"""The session's server waits for no disk: what it commits outlives its processes, not the machine."""


@dataclass(frozen=True, slots=True)
class Database:
    """A database of the session's server."""

    server: EmbeddedPostgres
    name: str

    def dsn(self, role: Role) -> str:
        """Its address for `role`."""
        return self.server.dsn(role, self.name)


async def create_database(server: EmbeddedPostgres, template: Database | None = None) -> Database:
    """A new database to which the roles may connect: empty, or a copy of a migrated one."""
    made = Database(server, f"test_{uuid4().hex[:12]}")
    create, *grants = provision(made.name)
    if template is not None:
        # Its files are copied: through the WAL, as is usual, takes four times the processor time.
        create = f'{create} TEMPLATE "{template.name}" STRATEGY FILE_COPY'
        # Of the schema's rights the only one that belongs to the database as a whole, which is not copied.
        grants.append(f'GRANT TEMPORARY ON DATABASE "{made.name}" TO shikaku_jobs')
    connection = await asyncpg.connect(server.dsn("owner"))
    try:
        for statement in (create, *grants):
            await connection.execute(statement)
    finally:
        await connection.close()
    return made


async def create_migrated_database(server: EmbeddedPostgres) -> Database:
    """A new database with the present schema."""
    made = await create_database(server)
    await migrate(made.dsn("owner"))
    return made
