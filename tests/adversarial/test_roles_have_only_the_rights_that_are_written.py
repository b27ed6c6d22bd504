"""Each database role can do what `docs/database-rights.toml` says, and nothing else, whatever it tries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from eligibility_api.database.migrate import migrate
from eligibility_api.embedded_postgres.cluster import ROLES, Role, role_name
from tests.builders import database_rights as rights
from tests.builders.database import Database

pytestmark = pytest.mark.anyio

Connection = Any
"""asyncpg's."""


@pytest.fixture(scope="module")
async def owner(database: Database) -> AsyncIterator[Connection]:
    await migrate(database.dsn("owner"))
    connection = await asyncpg.connect(database.dsn("owner"))
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
async def known(owner: Connection) -> dict[str, rights.Relation]:
    """Every relation by its name."""
    found = {relation.name: relation for relation in await rights.relations(owner)}
    assert len(found) > 80
    return found


@pytest.fixture(params=rights.PROGRAMS)
def role(request: pytest.FixtureRequest) -> Role:
    role: Role = request.param
    return role


@pytest.fixture
async def connection(owner: Connection, database: Database, role: Role) -> AsyncIterator[Connection]:
    """A connection of the role, as its program has."""
    opened = await asyncpg.connect(database.dsn(role))
    yield opened
    await opened.close()


async def test_attempts_on_every_table_and_column_succeed_exactly_where_it_is_written(
    connection: Connection, role: Role, known: dict[str, rights.Relation]
) -> None:
    attempted = await rights.attempted_rights(connection, known)
    tried = {"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"}
    expected = {
        table: {right: columns for right, columns in of_table.items() if right in tried}
        for table, of_table in rights.written_rights(role, known).items()
    }
    assert attempted == expected
    assert expected, "a role without any right would pass every attempt"


async def test_granted_rights_are_the_written_ones(
    connection: Connection, role: Role, known: dict[str, rights.Relation]
) -> None:
    assert await rights.granted_rights(connection, known) == rights.written_rights(role, known)


async def test_partitions_are_reached_through_their_table_only(
    connection: Connection, known: dict[str, rights.Relation]
) -> None:
    partitions = {name: relation for name, relation in known.items() if relation.partition}
    assert len(partitions) > 40
    assert await rights.attempted_rights(connection, partitions) == {}


async def test_sequences(connection: Connection, role: Role, known: dict[str, rights.Relation]) -> None:
    written = rights.written()["sequences"]
    sequences = [relation for relation in known.values() if relation.sequence]
    assert len(sequences) > 5
    for sequence in sequences:
        held = {
            right
            for right in ("SELECT", "USAGE", "UPDATE")
            if await connection.fetchval("SELECT has_sequence_privilege($1, $2)", sequence.sql, right)
        }
        assert held == set(written.get(sequence.name, {}).get(role_name(role), [])), sequence.name
        assert not await rights.succeeds(connection, f"SELECT nextval('{sequence.sql}')"), sequence.name


async def test_calls_of_every_function_succeed_exactly_where_it_is_written(
    owner: Connection, connection: Connection, role: Role
) -> None:
    written = rights.written()["functions"]
    functions = await rights.functions(owner)
    assert {function["name"] for function in functions} == written.keys()
    for function in functions:
        arguments = ", ".join(f"NULL::{type_}" for type_ in function["arguments"])
        called = await rights.succeeds(connection, f"SELECT {function['base']}({arguments})")
        assert called == (role_name(role) in written[function["name"]]), function["name"]


async def test_functions_with_the_owners_rights_have_a_fixed_search_path(owner: Connection) -> None:
    definers = [function for function in await rights.functions(owner) if function["definer"]]
    assert len(definers) > 5
    for function in definers:
        paths = [setting for setting in function["settings"] or () if setting.startswith("search_path=")]
        assert paths in (["search_path=public, pg_temp"], ["search_path=pg_catalog, pg_temp"]), function[
            "name"
        ]


async def test_nobody_else_is_granted_anything(owner: Connection) -> None:
    grantees = await owner.fetch("""
        SELECT DISTINCT place, a.grantee::regrole::text AS role, a.grantee = 0 AS public FROM (
            SELECT c.oid::regclass::text AS place, relacl AS acl, relnamespace AS schema FROM pg_class c
            UNION ALL SELECT attrelid::regclass::text, attacl, relnamespace
                      FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
            UNION ALL SELECT p.oid::regprocedure::text, coalesce(proacl, acldefault('f', proowner)), pronamespace FROM pg_proc p
            UNION ALL SELECT nspname, nspacl, n.oid FROM pg_namespace n
            UNION ALL SELECT datname, coalesce(datacl, acldefault('d', datdba)), 'public'::regnamespace
                      FROM pg_database WHERE datname = current_database()
            UNION ALL SELECT 'default', defaclacl, 'public'::regnamespace FROM pg_default_acl
        ) AS all_acls CROSS JOIN aclexplode(acl) a
        WHERE schema IN ('public'::regnamespace, 'staging'::regnamespace)
    """)
    assert len(grantees) > 80
    allowed = {role_name(role) for role in ROLES} | {"pg_database_owner"}
    assert {row["place"] for row in grantees if row["public"] or row["role"] not in allowed} == set()


async def test_schemas_and_the_database(connection: Connection, role: Role) -> None:
    for schema in ("public", "staging"):
        held = {
            right
            for right in ("CREATE", "USAGE")
            if await connection.fetchval("SELECT has_schema_privilege($1, $2)", schema, right)
        }
        assert held == set(rights.written()["schemas"][schema].get(role_name(role), [])), schema
        assert await rights.succeeds(connection, f"CREATE TABLE {schema}.mine (id int)") == ("CREATE" in held)
    held = {
        right
        for right in ("CONNECT", "CREATE", "TEMPORARY")
        if await connection.fetchval("SELECT has_database_privilege(current_database(), $1)", right)
    }
    assert held == set(rights.written()["database"][role_name(role)])
    assert await rights.succeeds(connection, "CREATE TEMPORARY TABLE mine (id int)") == ("TEMPORARY" in held)


async def test_a_role_has_no_attribute_and_no_membership(connection: Connection) -> None:
    row = await connection.fetchrow("""
        SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls AS attributes,
               EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid) AS member
        FROM pg_roles r WHERE rolname = current_user
    """)
    assert row is not None
    assert (row["attributes"], row["member"]) == (False, False)


@pytest.mark.parametrize("other", ROLES)
async def test_a_role_cannot_become_another(connection: Connection, role: Role, other: Role) -> None:
    assert await rights.succeeds(connection, f"SET ROLE {role_name(other)}") == (other == role)


def test_the_table_names_no_other_role_and_no_unknown_right() -> None:
    names = {role_name(role) for role in rights.PROGRAMS}
    for table, of_roles in rights.written()["tables"].items():
        assert of_roles.keys() <= names, table
        for held in of_roles.values():
            assert held.keys() <= {*rights.OF_COLUMNS, *rights.OF_TABLES}, table
            assert all(columns == "*" or columns for columns in held.values()), table


@pytest.mark.parametrize("table", ["client", "facility", "audit_record", "permit"])
async def test_a_right_too_many_is_noticed(
    owner: Connection, database: Database, known: dict[str, rights.Relation], table: str
) -> None:
    """The comparison itself: one column more, granted to PUBLIC, is found by attempts and by PostgreSQL's functions."""
    column = known[table].columns[0]
    connection = await asyncpg.connect(database.dsn("auditor"))
    await owner.execute(f'GRANT UPDATE ("{column}") ON {table} TO PUBLIC')
    try:
        only = {table: known[table]}
        assert (await rights.attempted_rights(connection, only))[table]["UPDATE"] == {column}
        assert (await rights.granted_rights(connection, only))[table]["UPDATE"] == {column}
    finally:
        await owner.execute(f'REVOKE UPDATE ("{column}") ON {table} FROM PUBLIC')
        await connection.close()
