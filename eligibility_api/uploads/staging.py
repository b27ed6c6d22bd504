"""Staging tables: one unlogged set per upload, dropped in its final state.

`rows` holds the file's valid rows; `plan` how each differs from what is stored; `matches` the resident
register's answers; `touched` the entitlements that an undo concerns. A crash of the database empties them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.database.connections import Database, copy
from eligibility_api.domain.membership import CONTENT

_ITEMS = ", ".join(f"v.{name}" for name in CONTENT)

_TABLES = ("rows", "plan", "matches", "touched")

_CREATE = (
    # Column types are those of the final tables; no rows are read.
    f"""CREATE UNLOGGED TABLE {{rows}} AS
        SELECT 0::bigint AS row, 0::bigint AS membership, e.symbol_key, e.number_key, e.branch_key, {_ITEMS}, v.digest
        FROM entitlement e JOIN enrolment v USING (entitlement) WITH NO DATA""",  # noqa: S608 - names and numbers of ours
    "ALTER TABLE {rows} ADD PRIMARY KEY (row)",
    """CREATE UNLOGGED TABLE {plan} (
        row bigint PRIMARY KEY, membership bigint NOT NULL, entitlement bigint, kind text NOT NULL,
        matching boolean NOT NULL, flags_lost boolean NOT NULL)""",
    """CREATE UNLOGGED TABLE {matches} (
        row bigint PRIMARY KEY, register_match text NOT NULL, person_key bytea, differences jsonb)""",
)
_INDEX = ("CREATE INDEX ON {plan} (entitlement) WHERE entitlement IS NOT NULL", "ANALYZE {rows}, {plan}")
_CREATE_TOUCHED = "CREATE UNLOGGED TABLE {touched} (entitlement bigint PRIMARY KEY)"
_DROP = "DROP TABLE IF EXISTS {rows}, {plan}, {matches}, {touched}"


class Staging:
    """The staging tables of the file, or of the undo, that becomes `revision`."""

    def __init__(self, revision: int) -> None:
        self._names = {name: f"staging.{name}_{revision}" for name in _TABLES}

    async def create(self, database: Database) -> None:
        """Create empty tables, replacing any that exist."""
        async with database.transaction() as connection:
            for statement in (_DROP, *_CREATE):
                await connection.execute(text(statement.format(**self._names)))

    async def index(self, connection: AsyncConnection) -> None:
        """Index and analyze `rows` and `plan`, once they are filled."""
        for statement in _INDEX:
            await connection.execute(text(statement.format(**self._names)))

    async def create_touched(self, connection: AsyncConnection) -> None:
        """Create an empty `touched`, replacing whatever exists."""
        for statement in (_DROP, _CREATE_TOUCHED):
            await connection.execute(text(statement.format(**self._names)))

    async def drop(self, connection: AsyncConnection) -> None:
        """Drop all tables."""
        await connection.execute(text(_DROP.format(**self._names)))

    async def execute(
        self, connection: AsyncConnection, statement: str, parameters: dict[str, Any] | None = None
    ) -> CursorResult[Any]:
        """Execute a statement in which {rows}, {plan}, {matches} and {touched} stand for the tables."""
        return await connection.execute(text(statement.format(**self._names)), parameters or {})

    async def chunks(self, connection: AsyncConnection, chunk_rows: int) -> AsyncIterator[dict[str, int]]:
        """Limits of row numbers that divide the file: `after` and `upto`, for `row > :after AND row <= :upto`."""
        last = (await self.execute(connection, "SELECT max(row) FROM {rows}")).scalar_one() or 0
        for after in range(0, last, chunk_rows):
            yield {"after": after, "upto": min(after + chunk_rows, last)}

    async def copy(
        self,
        connection: AsyncConnection,
        table: str,
        columns: Sequence[str],
        records: Iterable[Sequence[Any]],
    ) -> None:
        """COPY records into one of the tables, in binary, inside the connection's transaction."""
        schema, name = self._names[table].split(".")
        await copy(connection, name, columns, records, schema=schema)

    async def has_rows(self, connection: AsyncConnection) -> bool:
        """Whether the rows still exist."""
        exists = text("SELECT to_regclass(:rows) IS NOT NULL")
        if not (await connection.execute(exists, {"rows": self._names["rows"]})).scalar_one():
            return False
        return (await self.execute(connection, "SELECT row FROM {rows} LIMIT 1")).one_or_none() is not None
