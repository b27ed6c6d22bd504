"""A program that obeys an attacker has its role's rights only: it moves no window, lists no record, changes no past."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from eligibility_api.embedded_postgres.cluster import Role
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC, INSURER

pytestmark = pytest.mark.anyio

Connection = Any
"""asyncpg's."""
APPENDING: tuple[Role, ...] = ("api", "jobs")


@pytest.fixture
async def api(fund: Fund) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(fund.database.dsn("api"))
    yield connection
    await connection.close()


@pytest.fixture(params=APPENDING)
async def program(fund: Fund, request: pytest.FixtureRequest) -> AsyncIterator[Connection]:
    """A connection of a role that appends records."""
    connection = await asyncpg.connect(fund.database.dsn(request.param))
    yield connection
    await connection.close()


AHEAD = [
    "INSERT INTO audit_record (recorded_at, kind, outcome) VALUES (now() + interval '1 day', 'x', 'x')",
    "INSERT INTO audit_record (record_id, kind, outcome) VALUES (uuidv7(interval '1 day'), 'x', 'x')",
    "INSERT INTO audit_record (record_id, recorded_at, kind, outcome)"
    " VALUES (uuidv7(interval '1 day'), now() + interval '1 day', 'x', 'x')",
    "INSERT INTO audit_record (record_id, kind, outcome) VALUES ('ffffffff-ffff-7fff-bfff-ffffffffffff', 'x', 'x')",
    "INSERT INTO audit_record (recorded_at, kind, outcome) SELECT now() - interval '1 day', 'x', 'x'",
    "INSERT INTO audit_record (recorded_at, kind, outcome) VALUES (NULL, 'x', 'x')",
    "UPDATE audit_record SET recorded_at = now() + interval '1 day'",
    "ALTER TABLE audit_record ALTER recorded_at SET DEFAULT now() + interval '1 day'",
    "ALTER TABLE audit_record DISABLE ROW LEVEL SECURITY",
    "CREATE OR REPLACE FUNCTION fund_clock() RETURNS timestamptz LANGUAGE sql AS 'SELECT now() + interval ''1 day'''",
]


@pytest.mark.parametrize("statement", AHEAD)
async def test_no_statement_dates_a_record(program: Connection, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await program.execute(statement)


async def test_no_copy_dates_a_record(program: Connection) -> None:
    row = (UUID(int=2**127), "x", "x")
    columns = ["record_id", "kind", "outcome"]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await program.copy_records_to_table("audit_record", columns=columns, records=[row])


async def test_the_clock_of_windows_is_the_databases(api: Connection) -> None:
    await api.execute("INSERT INTO audit_record (kind, outcome) VALUES ('x', 'x')")
    [clock] = await api.fetch("SELECT window_clock() = now() AS same")
    assert clock["same"]


async def test_a_program_reads_only_records_of_its_own_transaction(fund: Fund, program: Connection) -> None:
    person = await fund.insured()
    assert (await fund.tap(person.card)).status_code == 200
    [there] = await fund.owner.fetch("SELECT count(*) AS records FROM audit_record", ())
    assert there["records"] > 1
    assert await program.fetch("SELECT record_id FROM audit_record") == []
    assert await program.fetchval("SELECT count(record_id) FROM audit_record") == 0

    async with program.transaction():
        mine = await program.fetchval(
            "INSERT INTO audit_record (kind, outcome) VALUES ('x', 'x') RETURNING record_id"
        )
        assert await program.fetchval("SELECT record_id FROM audit_record") == mine
    assert await program.fetch("SELECT record_id FROM audit_record") == []


async def test_row_level_security_does_not_hide_records_from_the_auditor(fund: Fund) -> None:
    await fund.insured()
    auditor = await asyncpg.connect(fund.database.dsn("auditor"))
    try:
        read = await auditor.fetchval("SELECT count(*) FROM audit_record")
    finally:
        await auditor.close()
    [there] = await fund.owner.fetch("SELECT count(*) AS records FROM audit_record", ())
    assert read == there["records"] > 0


COLUMNS_WITH_IDS = [
    ("binding", "record_id"),
    ("permit", "record_id"),
    ("permit_end", "record_id"),
    ("consent_evidence", "presence_record"),
]


@pytest.mark.parametrize(("table", "column"), COLUMNS_WITH_IDS)
async def test_the_api_cannot_read_ids_of_records_elsewhere(api: Connection, table: str, column: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await api.fetch(f"SELECT {column} FROM {table}")


async def test_a_record_is_returned_to_its_own_facility_only(fund: Fund, api: Connection) -> None:
    """What remains: the functions accept the facility that the caller names, for an id that the caller has."""
    person = await fund.insured()
    record = UUID((await fund.tap(person.card)).json()["record_id"])
    for name in ("answer_record", "identified_by"):
        rows = f"SELECT person_key FROM {name}($1, $2)"
        assert len(await api.fetch(rows, record, CLINIC)) == 1
        assert await api.fetch(rows, record, "1399999999") == []
        assert await api.fetch(rows, UUID(int=record.int ^ 1), CLINIC) == []


_INTO = {
    "enrolment": """
        INSERT INTO enrolment (entitlement, opened_by, register_match, mismatch, insurer_name, certificate_kind, number,
                               relationship, name, name_kana, sex, birth_date, address, acquired_on, lost_on, reason_of_loss)
        SELECT entitlement, $1, 'none', 'open', insurer_name, certificate_kind, number, relationship, name, name_kana, sex,
               birth_date, address, date '1990-01-01', date '1990-02-01', '01' FROM enrolment LIMIT 1
        """,
    "medical_ticket": """
        INSERT INTO medical_ticket (entitlement, opened_by, ticket_type, month, institution_code, treatment,
                                    single_or_combined, valid_from, valid_to)
        SELECT entitlement, $1, '01', date '2026-04-01', '1312345678', '02', '01', date '2026-04-01', date '2026-04-30'
        FROM entitlement LIMIT 1
        """,
}


async def _revision(fund: Fund, *, published: bool) -> int:
    await fund.enrol(fund.person())
    if published:
        [row] = await fund.owner.fetch(
            "SELECT max(revision) AS n FROM revision WHERE published_at IS NOT NULL", ()
        )
    else:
        [row] = await fund.owner.fetch(
            "INSERT INTO revision (insurer_number, client_id) SELECT insurer_number, client_id FROM client"
            " WHERE insurer_number = $1 LIMIT 1 RETURNING revision AS n",
            [INSURER],
        )
    return int(row["n"])


@pytest.mark.parametrize("table", _INTO)
async def test_no_version_is_added_to_what_was_known(fund: Fund, api: Connection, table: str) -> None:
    statement = _INTO[table]
    published = await _revision(fund, published=True)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="published revision"):
        await api.execute(statement, published)
    prepared = await _revision(fund, published=False)
    assert await api.execute(statement, prepared) == "INSERT 0 1"


@pytest.mark.parametrize("column", ["version", "closed_by"])
@pytest.mark.parametrize("table", _INTO)
async def test_no_version_is_inserted_with_a_number_or_closed(
    api: Connection, table: str, column: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await api.execute(f"INSERT INTO {table} ({column}) OVERRIDING SYSTEM VALUE VALUES (1)")


@pytest.mark.parametrize("role", APPENDING)
@pytest.mark.parametrize(
    ("instant", "allowed"),
    [
        ("now() - interval '1 microsecond'", False),
        ("'2001-01-01'", False),
        ("'-infinity'", False),
        ("now()", True),
        ("clock_timestamp() + interval '1 second'", True),
    ],
)
async def test_nothing_is_published_in_the_past(fund: Fund, role: Role, instant: str, allowed: bool) -> None:
    prepared = await _revision(fund, published=False)
    connection = await asyncpg.connect(fund.database.dsn(role))
    statement = f"UPDATE revision SET published_at = {instant} WHERE revision = $1"
    try:
        if allowed:
            assert await connection.execute(statement, prepared) == "UPDATE 1"
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="published once"):
            await connection.execute(statement, prepared)
    finally:
        await connection.close()


async def test_a_temporary_table_does_not_deceive_the_trigger(fund: Fund) -> None:
    """The job runner may create temporary tables: one named `revision` would hide the published ones."""
    await fund.enrol(fund.person())
    connection = await asyncpg.connect(fund.database.dsn("jobs"))
    try:
        await connection.execute(
            "CREATE TEMPORARY TABLE revision (revision bigint, published_at timestamptz)"
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="published revision"):
            await connection.execute("UPDATE enrolment SET closed_by = opened_by WHERE closed_by IS NULL")
    finally:
        await connection.close()
