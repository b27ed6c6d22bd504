"""No role changes, deletes or truncates what the audit record or its log has, not even the owner of the tables."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from eligibility_api.embedded_postgres.cluster import ROLES, Role
from tests.builders.audit_log import append, sequence
from tests.builders.database_rights import relations
from tests.builders.fund import Fund

pytestmark = pytest.mark.anyio

TABLES = ("audit_record", "audit_leaf", "audit_tile", "audit_checkpoint", "audit_cosignature")
CHANGES = {
    "audit_record": "outcome = 'x'",
    "audit_leaf": "commitment = sha256('')",
    "audit_tile": "root = sha256('')",
    "audit_checkpoint": "note = ''",
    "audit_cosignature": "name = ''",
}
REFUSED = (asyncpg.InsufficientPrivilegeError, asyncpg.ObjectNotInPrerequisiteStateError)
"""A missing right, or the trigger."""


@pytest.fixture(scope="module", autouse=True)
async def log(fund: Fund) -> None:
    """Every table has rows."""
    program = await asyncpg.connect(fund.database.dsn("api"))
    await program.execute(
        "INSERT INTO audit_record (kind, outcome) SELECT 'batch.read', 'done' FROM generate_series(1, 300)"
    )
    await append(program, "history.medications")
    await program.close()
    await sequence(fund)
    jobs = await asyncpg.connect(fund.database.dsn("jobs"))
    await jobs.execute(
        "INSERT INTO audit_cosignature (tree_size, name, key_id, signature) VALUES (1, 'w', $1, $2)",
        bytes(4),
        bytes(72),
    )
    await jobs.close()


@pytest.fixture(params=ROLES)
async def connection(fund: Fund, request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    role: Role = request.param
    opened = await asyncpg.connect(fund.database.dsn(role))
    yield opened
    await opened.close()


async def content(fund: Fund) -> list[Any]:
    return [await fund.owner.fetch(f"SELECT * FROM {table} ORDER BY 1, 2", ()) for table in TABLES]


async def parts(fund: Fund, table: str) -> list[str]:
    """The table, and its partitions of both classes and every month."""
    owner = await asyncpg.connect(fund.database.dsn("owner"))
    try:
        found = [relation.sql for relation in await relations(owner)]
    finally:
        await owner.close()
    return [name for name in found if name == table or name.startswith(f"{table}_")]


@pytest.mark.parametrize("table", TABLES)
async def test_no_role_changes_deletes_or_truncates(fund: Fund, connection: Any, table: str) -> None:
    before = await content(fund)
    assert all(before)
    names = await parts(fund, table)
    assert (len(names) > 8) == (table == "audit_record")
    for name in names:
        for statement in (
            f"UPDATE {name} SET {CHANGES[table]}",
            f"UPDATE {name} SET {CHANGES[table]} WHERE false",
            f"DELETE FROM {name}",
            f"TRUNCATE {name}",
            f"INSERT INTO {name} SELECT * FROM {name} ON CONFLICT DO UPDATE SET {CHANGES[table]}",
        ):
            with pytest.raises((*REFUSED, asyncpg.PostgresSyntaxError)):
                await connection.execute(statement)
    assert await content(fund) == before


async def test_the_owner_is_refused_by_the_trigger_also_as_a_replica(fund: Fund) -> None:
    """Replication's own mode, in which ordinary triggers do not fire, changes nothing here."""
    owner = await asyncpg.connect(fund.database.dsn("owner"))
    try:
        enabled = await owner.fetch(
            "SELECT c.relname, tgenabled::text FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE tgname = 'only_grows'"
        )
        for table in TABLES:
            with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError, match="only grow"):
                await owner.execute(f"DELETE FROM {table}")
    finally:
        await owner.close()
    protected = {row["relname"] for row in enabled}
    assert protected == {"sandbox_mark"} | {name for table in TABLES for name in await parts(fund, table)}
    assert {row["tgenabled"] for row in enabled} == {"A"}


async def test_the_exception_for_former_records_ended_with_them(fund: Fund) -> None:
    owner = await asyncpg.connect(fund.database.dsn("owner"))
    try:
        await owner.execute("SELECT set_config('shikaku.salting', 'on', false)")
        with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
            await owner.execute("UPDATE audit_record SET outcome = 'x'")
    finally:
        await owner.close()


@pytest.mark.parametrize("role", ["api", "jobs"])
@pytest.mark.parametrize("column", ["salt", "written_by", "record_id", "recorded_at"])
async def test_a_program_chooses_no_value_of_the_databases(fund: Fund, role: Role, column: str) -> None:
    program = await asyncpg.connect(fund.database.dsn(role))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await program.execute(
                f"INSERT INTO audit_record (kind, outcome, {column}) SELECT 'x', 'x', {column} FROM audit_record"
            )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await program.execute(
                f"INSERT INTO audit_record (kind, outcome, {column}) VALUES ('x', 'x', NULL)"
            )
    finally:
        await program.close()


async def test_the_sequencer_reads_no_record(fund: Fund) -> None:
    connection = await asyncpg.connect(fund.database.dsn("sequencer"))
    try:
        for statement in (
            "SELECT kind FROM audit_record",
            "SELECT salt FROM audit_record",
            "SELECT record_id FROM audit_record",
            "SELECT audit_record_text(NULL)",
            "INSERT INTO audit_record (kind, outcome) VALUES ('x', 'x')",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
        found = await connection.fetch("SELECT * FROM audit_commitments_by_id($1, 10)", "0" * 32)
    finally:
        await connection.close()
    assert len(found) == 10
    assert list(found[0].keys()) == ["record_id", "recorded_at", "commitment", "in_log"]
    assert len({row["commitment"] for row in found}) == 10


async def test_the_api_finds_a_leaf_by_its_id_and_lists_none(fund: Fund) -> None:
    api = await asyncpg.connect(fund.database.dsn("api"))
    try:
        [newest] = await fund.owner.fetch("SELECT max(record_id::text)::uuid AS id FROM audit_leaf", ())
        assert len(await api.fetch("SELECT * FROM audit_leaves_of($1)", [newest["id"]])) == 1
        for column in ("record_id", "recorded_at"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await api.fetch(f"SELECT {column} FROM audit_leaf")
    finally:
        await api.close()
