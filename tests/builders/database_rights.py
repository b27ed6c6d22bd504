"""What each database role may do: as written in `docs/database-rights.toml`, as PostgreSQL says, and as attempts show."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from eligibility_api.embedded_postgres.cluster import ROLES, Role, role_name

WRITTEN = Path(__file__).parents[2] / "docs" / "database-rights.toml"
PROGRAMS: tuple[Role, ...] = tuple(role for role in ROLES if role != "owner")
"""The roles of running programs and of auditors; the owner migrates and administers."""

OF_COLUMNS = ("SELECT", "INSERT", "UPDATE", "REFERENCES")
OF_TABLES = ("DELETE", "TRUNCATE", "TRIGGER", "MAINTAIN")

Connection = Any
"""asyncpg's."""

Rights = dict[str, dict[str, frozenset[str]]]
"""By table, and by right: the columns; the right itself for rights that a table has as a whole."""

_RELATIONS = """
SELECT c.relname::text AS name, c.oid::regclass::text AS sql, c.relispartition AS partition, c.relkind = 'S' AS sequence,
       array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attnum > 0 AND NOT a.attisdropped) AS columns
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
GROUP BY c.oid ORDER BY c.relname
"""

_FUNCTIONS = """
SELECT p.oid::regprocedure::text AS name, p.proname::text AS base, p.prosecdef AS definer, p.proconfig AS settings,
       ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) t) AS arguments
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, view, partition or sequence."""

    name: str
    sql: str
    partition: bool
    sequence: bool
    columns: list[str]


async def relations(connection: Connection) -> list[Relation]:
    """Every relation outside the system's schemas."""
    return [Relation(**row) for row in await connection.fetch(_RELATIONS)]


async def functions(connection: Connection) -> list[asyncpg.Record]:
    """Every function outside the system's schemas: `name` with types, `base`, `definer`, `settings`, `arguments`."""
    found: list[asyncpg.Record] = await connection.fetch(_FUNCTIONS)
    return found


def written() -> dict[str, Any]:
    """The written table."""
    return tomllib.loads(WRITTEN.read_text(encoding="utf-8"))


def written_rights(role: Role, known: Mapping[str, Relation]) -> Rights:
    """The written rights of a role on tables; `"*"` means every column."""
    rights: Rights = {}
    for table, of_roles in written()["tables"].items():
        for right, columns in of_roles.get(role_name(role), {}).items():
            named = known[table].columns if columns == "*" else columns
            rights.setdefault(table, {})[right] = frozenset(named if right in OF_COLUMNS else [right])
    return rights


async def granted_rights(connection: Connection, known: Mapping[str, Relation]) -> Rights:
    """The rights of the connection's role, by PostgreSQL's own functions, those of PUBLIC included."""
    rights: Rights = {}
    for relation in known.values():
        if relation.sequence:
            continue
        by_right = {
            right: frozenset(
                await connection.fetchval(
                    "SELECT coalesce(array_agg(c), '{}') FROM unnest($2::text[]) c"
                    " WHERE has_column_privilege($1::regclass, c, $3)",
                    relation.sql,
                    relation.columns,
                    right,
                )
            )
            for right in OF_COLUMNS
        } | {
            right: frozenset([right])
            for right in OF_TABLES
            if await connection.fetchval("SELECT has_table_privilege($1::regclass, $2)", relation.sql, right)
        }
        if held := {right: columns for right, columns in by_right.items() if columns}:
            rights[relation.name] = held
    return rights


async def attempted_rights(connection: Connection, known: Mapping[str, Relation]) -> Rights:
    """What the connection's role can do: each statement is executed, and rolled back."""
    rights: Rights = {}
    for relation in known.values():
        if relation.sequence:
            continue
        for (right, column), statement in _statements(relation).items():
            if await succeeds(connection, statement):
                columns = rights.setdefault(relation.name, {}).get(right, frozenset())
                rights[relation.name][right] = columns | {column}
    return rights


def _statements(relation: Relation) -> dict[tuple[str, str], str]:
    table = relation.sql
    by_column = {
        "SELECT": "SELECT {column} FROM {table} LIMIT 0",
        "INSERT": "INSERT INTO {table} ({column}) OVERRIDING SYSTEM VALUE SELECT NULL WHERE false",
        "UPDATE": "UPDATE {table} SET {column} = DEFAULT WHERE false",
    }
    statements = {
        (right, column): form.format(table=table, column=f'"{column}"')
        for right, form in by_column.items()
        for column in relation.columns
    }
    statements["DELETE", "DELETE"] = f"DELETE FROM {table} WHERE false"
    statements["TRUNCATE", "TRUNCATE"] = f"TRUNCATE {table} CASCADE"
    return statements


async def succeeds(connection: Connection, statement: str) -> bool:
    """Whether the role may execute a statement. Its effect is rolled back, and another error than of a right counts as
    permitted.
    """
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError:
        return False
    except asyncpg.PostgresError:
        return True
    finally:
        await transaction.rollback()
    return True
