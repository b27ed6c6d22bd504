"""The worker's own tables: one set an upload, unlogged, dropped at its end.

`rows` holds what the file says, row by row; `plan` what each row means for what is known; `matches` what the resident
register said; `touched` whom an undo is about. A crash of the database empties them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.database.connections import Database, copy
from eligibility_api.domain.membership import CONTENT

_SAID = ", ".join(f"v.{name}" for name in CONTENT)

_TABLES = ("rows", "plan", "matches", "touched")

_MAKE = (
    # Types as they will be kept; nothing is read.
    f"""CREATE UNLOGGED TABLE {{rows}} AS
        SELECT 0::bigint AS row, 0::bigint AS membership, e.symbol_key, e.number_key, e.branch_key, {_SAID}, v.digest
        FROM entitlement e JOIN enrolment v USING (entitlement) WITH NO DATA""",  # noqa: S608 - names and numbers of ours
    "ALTER TABLE {rows} ADD PRIMARY KEY (row)",
    """CREATE UNLOGGED TABLE {plan} (
        row bigint PRIMARY KEY, membership bigint NOT NULL, entitlement bigint, kind text NOT NULL,
        matching boolean NOT NULL, flags_lost boolean NOT NULL)""",
    "CREATE UNLOGGED TABLE {matches} (row bigint PRIMARY KEY, register_match text NOT NULL, person_key bytea)",
)
_MAKE_TOUCHED = "CREATE UNLOGGED TABLE {touched} (entitlement bigint PRIMARY KEY)"
_DROP = "DROP TABLE IF EXISTS {rows}, {plan}, {matches}, {touched}"

# A chunk is looked up by indexes in the order in which its joins are written, however little is known of the tables.
_BY_INDEX = text("""
SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('join_collapse_limit', '1', true),
       set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
       set_config('enable_seqscan', 'off', true), set_config('enable_material', 'off', true)
""")


async def by_index(connection: AsyncConnection) -> None:
    """Plan the statements of this transaction for few rows out of many."""
    await connection.execute(_BY_INDEX)


class Staging:
    """The tables of the file, or of the undo, that becomes `revision`."""

    def __init__(self, revision: int) -> None:
        self._names = {name: f"staging.{name}_{revision}" for name in _TABLES}

    async def make(self, database: Database) -> None:
        """Empty tables, whatever was there."""
        async with database.transaction() as connection:
            for statement in (_DROP, *_MAKE):
                await connection.execute(text(statement.format(**self._names)))

    async def make_touched(self, connection: AsyncConnection) -> None:
        """An empty table for whom an undo is about."""
        for statement in (_DROP, _MAKE_TOUCHED):
            await connection.execute(text(statement.format(**self._names)))

    async def drop(self, connection: AsyncConnection) -> None:
        """Nothing of it is left."""
        await connection.execute(text(_DROP.format(**self._names)))

    async def execute(
        self, connection: AsyncConnection, statement: str, parameters: dict[str, Any] | None = None
    ) -> CursorResult[Any]:
        """A statement in which {rows}, {plan}, {matches} and {touched} stand for the tables."""
        return await connection.execute(text(statement.format(**self._names)), parameters or {})

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

    async def is_whole(self, connection: AsyncConnection) -> bool:
        """Whether the rows are still there."""
        exists = text("SELECT to_regclass(:rows) IS NOT NULL")
        if not (await connection.execute(exists, {"rows": self._names["rows"]})).scalar_one():
            return False
        return bool((await self.execute(connection, "SELECT EXISTS (SELECT FROM {rows})")).scalar_one())
