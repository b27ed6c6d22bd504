"""Database privileges of the programs' roles on permits, evidence and histories."""

from __future__ import annotations

import asyncpg
import pytest

from eligibility_api.database.connections import Database
from eligibility_api.embedded_postgres.cluster import Role
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC

pytestmark = pytest.mark.anyio


async def attempt(fund: Fund, role: Role, statement: str) -> None:
    database = Database(fund.database.dsn(role))
    await database.open()
    try:
        await database.fetch(statement, ())
    finally:
        await database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT person_key FROM audit_record",
        "SELECT certificate FROM consent_evidence",
        "UPDATE permit SET until = NULL",
        "DELETE FROM permit_end",
        "UPDATE permit_end SET ended_at = now()",
        "DELETE FROM audit_record",
        "UPDATE audit_record SET outcome = 'answered'",
        "UPDATE facility_operator SET ended_at = NULL",
        "INSERT INTO facility_operator VALUES ('1', '見本', '見本', true, false)",
        "UPDATE disaster SET closes_at = 'infinity'",
        "DELETE FROM second_factor_miss",
        "DELETE FROM prescription_entry",
        "UPDATE prescription_entry SET matched_entitlements = NULL",
        "DELETE FROM health_checkup",
        "INSERT INTO drug_load (sha256, drugs) VALUES ('', 0)",
    ],
)
async def test_the_api_can_neither_read_evidence_nor_change_records(fund: Fund, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await attempt(fund, "api", statement)


async def test_the_database_rejects_a_permit_of_more_than_a_day(fund: Fund) -> None:
    longer = f"""
        INSERT INTO permit (basis, person_key, institution_code, client_id, care, categories, given_at, until, record_id)
        SELECT 'pin', '', institution_code, client_id, '1', '{{medication}}', now(), now() + interval '24 hours 1 second',
               uuidv7()
        FROM client WHERE institution_code = '{CLINIC}' LIMIT 1
    """
    with pytest.raises(asyncpg.CheckViolationError):
        await attempt(fund, "api", longer)


@pytest.mark.parametrize("table", ["claim", "health_checkup", "prescription_entry", "facility_operator"])
async def test_the_auditor_cannot_read_histories(fund: Fund, table: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await attempt(fund, "auditor", f"SELECT * FROM {table}")
