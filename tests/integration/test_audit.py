"""The record: an auditor computes every answer again from it, and nobody changes it."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from eligibility_api.audit.recompute import recompute
from eligibility_api.platform.database import Database
from tests.builders.fund import INSURER, OTHER_CLINIC, Fund

pytestmark = pytest.mark.anyio


async def test_answers_computed_again_from_their_records_are_the_answers_given(fund: Fund) -> None:
    given: dict[str, Any] = {}
    for _ in range(3):
        person = await fund.insured()
        first = (await fund.tap(person.card)).json()
        second = (await fund.tap(person.card, known_version=first["version"], as_of="2025-05-05")).json()
        third = (await fund.tap(person.card, known_version="stale")).json()
        given |= {answer["record_id"]: answer for answer in (first, second, third)}
        # What becomes known later changes nothing of what was answered.
        await fund.enrol(person, number="7", acquired_on="2026-02-01")
        await fund.admit_insurer(INSURER, name=f"架空健康保険組合{person.resident.resident_id}")
        elsewhere = await fund.terminal(institution_code=OTHER_CLINIC)
        fourth = (await fund.tap(person.card, elsewhere)).json()
        given[fourth["record_id"]] = fourth

    auditor = Database(fund.database.dsn("sequencer"))
    async with auditor.transaction() as connection:
        again = {
            answer.record_id: answer.model_dump(mode="json")
            async for answer in recompute(connection, version_key=fund.state.keys.version)
        }
    await auditor.close()

    assert len(given) == 12
    assert again == given


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_record SET outcome = 'x'",
        "DELETE FROM audit_record",
        "TRUNCATE audit_record",
        "DELETE FROM spent",
        "UPDATE spent SET expires_at = now()",
        "UPDATE binding SET person_key = '\\x00'",
        "DELETE FROM binding",
        "SELECT person_key FROM audit_record",
        "UPDATE enrolment SET name = 'x'",
        "DELETE FROM enrolment",
        "INSERT INTO client VALUES (gen_random_uuid())",
        "UPDATE client SET closed_at = NULL",
        "DELETE FROM revoked",
        "UPDATE authority SET checked_at = now()",
        "SELECT maintain_spent()",
        "CREATE TABLE mine (id int)",
    ],
)
async def test_the_api_may_not(fund: Fund, statement: str) -> None:
    connection = await asyncpg.connect(fund.database.dsn("api"))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()
