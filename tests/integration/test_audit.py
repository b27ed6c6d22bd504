"""The audit record: an auditor recomputes every answer from it, and no role can change it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import httpx2
import pytest

from eligibility_api.audit import store
from eligibility_api.batches.job import BatchJob, RateLimiter
from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.tokens import Credential
from tests.builders.audit import recomputed
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC, INSURER, OTHER_CLINIC
from tests.builders.people import Person

pytestmark = pytest.mark.anyio


OFFICE = "12131017"
"""A welfare office."""


async def test_recomputed_answers_are_the_answers_given(fund: Fund, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}
    for _ in range(3):
        person = await fund.insured()
        first = (await fund.tap(person.card)).json()
        second = (await fund.tap(person.card, known_version=first["version"], as_of="2025-05-05")).json()
        third = (await fund.tap(person.card, known_version="stale")).json()
        by_number = [
            (await fund.look_up(person, **more)).json()
            for more in (
                {"limit_certificate_consent": True},
                {"known_version": first["version"]},
                {"known_at": first["answered_at"]},
                {"branch": "07"},
            )
        ]
        given |= {answer["record_id"]: answer for answer in (first, second, third, *by_number)}
        # What becomes known later does not change recomputed answers.
        await fund.enrol(person, number="7", acquired_on="2026-02-01")
        await fund.admit_insurer(INSURER, name=f"架空健康保険組合{person.resident.resident_id}")
        elsewhere = await fund.terminal(institution_code=OTHER_CLINIC)
        fourth = (await fund.tap(person.card, elsewhere)).json()
        given[fourth["record_id"]] = fourth

    # Records are read in chunks.
    monkeypatch.setattr(store, "CHUNK", 5)
    again = await recomputed(fund)

    assert len(given) == 24
    assert {record: again.get(record) for record in given} == given


async def _visually(fund: Fund, person: Person) -> httpx2.Response:
    body = await fund.proof(person.card, Purpose.VISUAL_CHECK) | {"operator": "受付 見本"}
    return await fund.post("/v1/eligibility/visual-check", body)


async def _in_a_batch(fund: Fund, person: Person) -> httpx2.Response:
    accepted = await fund.post("/v1/eligibility/batches", {"rows": [fund.lookup_body(person)]})
    while await BatchJob(fund.state, fund.batch, RateLimiter(1_000)).run_step():
        pass
    headers = {"Authorization": f"Bearer {await fund.token(fund.clinic)}"}
    path = f"/v1/eligibility/batches/{accepted.json()['batch_id']}/results"
    result = json.loads((await fund.http.get(path, headers=headers)).text)
    return httpx2.Response(200, json=result["answer"] or {"code": result["code"]})


KINDS: dict[str, Callable[[Fund, Person], Awaitable[httpx2.Response]]] = {
    "eligibility.card": lambda fund, person: fund.tap(person.card),
    "eligibility.visual-check": _visually,
    "eligibility.number": lambda fund, person: fund.look_up(person),
    "eligibility.batch": _in_a_batch,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", ["insured", "blocked", "mismatch"])
async def test_every_kind_of_answer_is_recomputed_including_refusals(
    fund: Fund, kind: str, state: str
) -> None:
    person = fund.person()
    await fund.register(person.card)
    await fund.enrol(person, self_disclosure_blocked=state == "blocked")
    if state == "mismatch":
        number = person.resident.resident_id[1:]
        await fund.owner.fetch("UPDATE enrolment SET mismatch = 'open' WHERE number = $1", [number])

    given = (await KINDS[kind](fund, person)).json()

    [*_, record] = await fund.records("outcome = 'answered'")
    assert record["kind"] == kind
    [again] = (await recomputed(fund, str(record["record_id"]))).values()
    if "code" in given:
        assert again == {"record_id": str(record["record_id"]), "code": given["code"]}
    else:
        assert again == given


@pytest.mark.parametrize(
    ("kind", "number"), [("eligibility.card", "0000018"), ("eligibility.number", "0000026")]
)
async def test_medical_tickets_are_read_for_their_institution_and_recomputed(
    fund: Fund, kind: str, number: str
) -> None:
    office = await fund.admit_insurer(OFFICE, name="架空市福祉事務所")
    elsewhere = await fund.terminal(institution_code=OTHER_CLINIC)
    person = fund.person()
    recipient = {"certificate_kind": "A1", "symbol": None, "branch": None, "number": number}
    assert (await fund.enrol(person, credential=office, **recipient)).status_code == 201
    await fund.register(person.card)
    [ticket] = await fund.owner.fetch(_TICKET, [number, CLINIC])

    async def ask(terminal: Credential) -> dict[str, Any]:
        if kind == "eligibility.card":
            return dict((await fund.tap(person.card, terminal)).json())
        asked = {"insurer_number": OFFICE, "symbol": None, "branch": None, "number": number}
        return dict((await fund.look_up(person, terminal, **asked)).json())

    here, there = await ask(fund.clinic), await ask(elsewhere)

    assert (here["validity"], there["validity"]) == ("1", "6")
    [shown], [withheld] = here["results"], there["results"]
    assert [t["institution_code"] for t in shown["medical_tickets"]] == [CLINIC]
    assert withheld["medical_tickets"] == []
    [read] = await fund.records("record_id = $1::text::uuid", here["record_id"])
    [none] = await fund.records("record_id = $1::text::uuid", there["record_id"])
    assert (read["tickets"], none["tickets"]) == ([ticket["version"]], None)
    again = await recomputed(fund)
    assert (again[here["record_id"]], again[there["record_id"]]) == (here, there)


_TICKET = """
INSERT INTO medical_ticket (entitlement, opened_by, ticket_type, month, institution_code, treatment, single_or_combined,
                            valid_from, valid_to)
SELECT e.entitlement, e.opened_by, '01', m.month, $2, '02', '01', m.month, (m.month + interval '1 month - 1 day')::date
FROM enrolment e
CROSS JOIN (SELECT date_trunc('month', now() AT TIME ZONE 'Asia/Tokyo')::date AS month) m
WHERE e.number = $1
RETURNING version
"""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_record SET outcome = 'x'",
        "DELETE FROM audit_record",
        "TRUNCATE audit_record",
        "DELETE FROM used_nonce",
        "UPDATE used_nonce SET expires_at = now()",
        "UPDATE binding SET person_key = '\\x00'",
        "DELETE FROM binding",
        "SELECT person_key FROM audit_record",
        "SELECT detail FROM audit_record",
        "DELETE FROM number_miss",
        "DELETE FROM reference_number",
        "UPDATE enrolment SET name = 'x'",
        "DELETE FROM enrolment",
        "INSERT INTO client VALUES (gen_random_uuid())",
        "UPDATE client SET closed_at = NULL",
        "DELETE FROM revoked_certificate",
        "UPDATE authority SET checked_at = now()",
        "SELECT maintain_used_nonces()",
        "CREATE TABLE mine (id int)",
    ],
)
async def test_the_api_role_may_not(fund: Fund, statement: str) -> None:
    connection = await asyncpg.connect(fund.database.dsn("api"))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()
