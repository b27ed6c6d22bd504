"""A proof or sign-in that is refused before anything is used leaves a record with cause and source; a flood is counted."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from joserfc.jwk import ECKey

from eligibility_api.audit_log import refusal_store
from eligibility_api.audit_log.refusal_minutes import RECORDS_A_MINUTE, Source
from eligibility_api.audit_log.refusals import PROOF, SIGN_IN, RefusalLog
from eligibility_api.contract.codes import Purpose, Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.tokens import Credential
from eligibility_api.facilities import store
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC
from tests.builders.token_requests import token_request

pytestmark = pytest.mark.anyio

CARD, REGISTER, VISUAL = "/v1/eligibility/card", "/v1/registrations", "/v1/eligibility/visual-check"


async def altered_challenge(fund: Fund, terminal: Credential) -> httpx2.Response:
    body = await fund.proof((await fund.insured()).card, credential=terminal)
    return await fund.post(CARD, body | {"challenge": body["challenge"][::-1]}, terminal)


async def wrong_signature(fund: Fund, terminal: Credential) -> httpx2.Response:
    one, other = fund.person(), fund.person()
    body = await fund.proof(one.card, credential=terminal)
    signature = (await fund.proof(other.card, credential=terminal))["signature"]
    return await fund.post(CARD, body | {"signature": signature}, terminal)


async def another_terminals_challenge(fund: Fund, terminal: Credential) -> httpx2.Response:
    body = await fund.proof(fund.person().card, credential=await fund.terminal())
    return await fund.post(CARD, body, terminal)


async def challenge_of_another_purpose(fund: Fund, terminal: Credential) -> httpx2.Response:
    body = await fund.proof(fund.person().card, Purpose.FIRST_REGISTRATION, terminal)
    return await fund.post(CARD, body, terminal)


async def altered_challenge_of_a_registration(fund: Fund, terminal: Credential) -> httpx2.Response:
    body = await fund.proof(fund.person().card, Purpose.FIRST_REGISTRATION, terminal)
    altered = {"challenge": body["challenge"][::-1], "agreed": True}
    return await fund.post(REGISTER, body | altered, terminal)


async def used_challenge(fund: Fund, terminal: Credential) -> httpx2.Response:
    body = await fund.proof((await fund.insured()).card, credential=terminal)
    assert (await fund.post(CARD, body, terminal)).status_code == 200
    return await fund.post(CARD, body, terminal)


async def expired_challenge(fund: Fund, terminal: Credential) -> httpx2.Response:
    body = await fund.proof(fund.person().card, credential=terminal)
    fund.clock.offset = timedelta(seconds=90)
    return await fund.post(CARD, body, terminal)


async def closed_terminal(fund: Fund, terminal: Credential) -> httpx2.Response:
    body = await fund.proof((await fund.insured()).card, credential=terminal)
    async with fund.owner.transaction() as connection:
        assert await store.close_client(connection, UUID(terminal.client_id))
    return await fund.post(CARD, body, terminal)


async def too_many_visual_checks(fund: Fund, terminal: Credential) -> httpx2.Response:
    await fund.owner.fetch(
        "INSERT INTO visual_check_count (client_id, hour, checks) VALUES ($1::text::uuid, date_trunc('hour', now()), 1000)",
        [terminal.client_id],
    )
    return await fund.look((await fund.insured()).card, terminal)


CASES: dict[str, tuple[Callable[[Fund, Credential], Awaitable[httpx2.Response]], str, str | None]] = {
    "altered challenge": (altered_challenge, "challenge-altered", "eligibility"),
    "wrong signature": (wrong_signature, "signature-invalid", "eligibility"),
    "challenge of another terminal": (another_terminals_challenge, "challenge-other-terminal", "eligibility"),
    "challenge of another purpose": (challenge_of_another_purpose, "challenge-other-purpose", "eligibility"),
    "registration, altered challenge": (altered_challenge_of_a_registration, "challenge-altered", None),
    "challenge used before": (used_challenge, "challenge-used", "eligibility"),
    "challenge expired": (expired_challenge, "challenge-expired", "eligibility"),
    "terminal closed": (closed_terminal, "client-closed", "eligibility"),
    "too many visual checks": (too_many_visual_checks, "visual-check-limit", "visual-check"),
}


@pytest.mark.parametrize("case", CASES)
async def test_a_refused_proof_has_a_record_with_cause_and_client_and_nothing_of_the_card(
    fund: Fund, case: str
) -> None:
    ask, cause, purpose = CASES[case]
    terminal = await fund.terminal()
    refused = await ask(fund, terminal)
    assert refused.json()["code"] == cause

    assert not await fund.records("kind = 'proof.refused' AND client_id = $1::text::uuid", terminal.client_id)
    await fund.state.refusals.write(fund.state.database)

    [record] = await fund.records("kind = 'proof.refused' AND client_id = $1::text::uuid", terminal.client_id)
    assert (record["outcome"], record["institution_code"]) == (cause, CLINIC)
    detail = json.loads(record["detail"])
    assert detail.get("purpose") == purpose
    assert detail.keys() <= {"purpose", "at"}
    empty = ("person_key", "authority", "serial", "challenge", "enrolments", "operator")
    assert not any(record[name] for name in empty)


async def test_a_proof_that_a_statement_records_is_recorded_once(fund: Fund) -> None:
    """A revoked or unbound certificate: the proof was used, and its record says so."""
    terminal = await fund.terminal()
    assert (await fund.tap(fund.person().card, terminal)).json()["code"] == "first-registration-needed"
    assert (await fund.tap((await fund.insured()).card, terminal)).status_code == 200
    await fund.state.refusals.write(fund.state.database)
    records = await fund.records(
        "client_id = $1::text::uuid AND kind <> 'admission.terminal'", terminal.client_id
    )
    assert [record["kind"] for record in records] == ["eligibility.card"] * 2


@pytest.mark.parametrize(
    ("claims", "key", "cause"),
    [
        ({}, True, "assertion-invalid"),
        ({"iss": str(uuid4()), "sub": str(uuid4())}, False, "assertion-invalid"),
        ({"exp": 4_000_000_000}, False, "assertion-too-long"),
    ],
    ids=["another key", "unknown client", "too long"],
)
async def test_a_refused_sign_in_has_a_record_with_cause_and_address(
    fund: Fund, claims: dict[str, Any], key: bool, cause: str
) -> None:
    earlier = len(await fund.records("kind = 'sign-in.refused'"))
    form = token_request(
        fund.clinic, fund.clock(), key=ECKey.generate_key("P-256") if key else None, **claims
    )
    assert (await fund.http.post("/v1/token", data=form)).json()["code"] == cause
    await fund.state.refusals.write(fund.state.database)
    [record] = (await fund.records("kind = 'sign-in.refused'"))[earlier:]
    assert (record["outcome"], record["client_id"]) == (cause, None)
    assert json.loads(record["detail"])["address"] == "127.0.0.1"


async def test_a_flood_of_one_client_over_two_workers_is_a_hundred_records_and_one_that_counts(
    fund: Fund,
) -> None:
    source = Source(uuid4(), CLINIC)
    now = fund.clock() - timedelta(minutes=5)
    workers = [RefusalLog(lambda: now) for _ in range(2)]
    for worker in workers:
        for _ in range(RECORDS_A_MINUTE - 30):
            worker.add(PROOF, ShikakuError("challenge-altered"), source, Purpose.ELIGIBILITY)
        worker.add(PROOF, ShikakuError("signature-invalid"), source)
        await worker.write(fund.state.database)
    workers[0].add(SIGN_IN, ShikakuError("scope-exceeded"), source)
    await workers[0].write(fund.state.database)
    mine = "client_id = $1"
    assert len(await fund.records(mine, source.client_id)) == RECORDS_A_MINUTE

    ended = await _end_minutes(fund)
    assert ended >= 1
    assert await _end_minutes(fund) == 0

    counted = [r for r in await fund.records(mine, source.client_id) if r["outcome"] == refusal_store.COUNTED]
    assert {(r["kind"], json.loads(r["detail"])["refusals"]) for r in counted} == {(PROOF, 42), (SIGN_IN, 1)}
    proofs = next(json.loads(r["detail"]) for r in counted if r["kind"] == PROOF)
    assert proofs["causes"] == {"challenge-altered": 41, "signature-invalid": 1}
    assert proofs["minute"].startswith(f"{now:%Y-%m-%dT%H:%M}:00")
    assert {r["institution_code"] for r in counted} == {CLINIC}


async def test_the_counts_of_the_present_minute_wait_until_it_is_over(fund: Fund) -> None:
    source = Source(address="203.0.113.7")
    log = RefusalLog(fund.clock)
    for _ in range(RECORDS_A_MINUTE + 1):
        log.add(SIGN_IN, ShikakuError("assertion-invalid"), source)
    await log.write(fund.state.database)
    await _end_minutes(fund)
    records = await fund.records("detail ->> 'address' = '203.0.113.7'")
    # The hundred may have met the end of a minute.
    assert {record["outcome"] for record in records} == {"assertion-invalid"}


async def test_rights_missing_for_a_purpose_are_a_refused_proof(fund: Fund) -> None:
    terminal = await fund.terminal(rights=(Right.ELIGIBILITY,))
    body = await fund.proof((await fund.insured()).card, Purpose.VISUAL_CHECK)
    refused = await fund.post(VISUAL, body | {"operator": "受付 見本"}, terminal)
    assert refused.json()["code"] == "right-missing"
    await fund.state.refusals.write(fund.state.database)
    [record] = await fund.records("kind = 'proof.refused' AND client_id = $1::text::uuid", terminal.client_id)
    assert record["outcome"] == "right-missing"


async def _end_minutes(fund: Fund) -> int:
    async with fund.batch.transaction() as connection:
        return await refusal_store.record_ended(connection, 1_000)
