"""照会番号: a facility's own number for a person is returned to that facility only."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import asyncpg
import httpx2
import pytest

from eligibility_api.contract.codes import Right
from eligibility_api.contract.tokens import Credential
from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_CLINIC
from tests.builders.limits import LOCK_WAITS, limited, miss_count
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

NOBODY: dict[str, Any] = {"number": "0000-000000"}


async def refer(
    fund: Fund, person: Person, reference: str, credential: Credential | None = None, **more: Any
) -> httpx2.Response:
    body = fund.lookup_body(person, **more) | {"reference_number": reference}
    return await fund.post("/v1/reference-numbers", body, credential)


async def bulk(
    fund: Fund, registrations: list[dict[str, Any]], credential: Credential | None = None
) -> httpx2.Response:
    return await fund.post("/v1/reference-numbers/bulk", {"registrations": registrations}, credential)


def outcomes(response: httpx2.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [row["outcome"] for row in response.json()["registrations"]]


async def test_a_reference_number_is_returned_by_card_and_by_number_to_every_terminal_of_the_facility(
    fund: Fund,
) -> None:
    person, neighbour = await fund.insured(), await fund.terminal()

    registered = await refer(fund, person, "P-000123")

    assert (registered.status_code, registered.json()) == (200, {"outcome": "registered"})
    answers = [await fund.tap(person.card), await fund.look_up(person), await fund.look_up(person, neighbour)]
    assert [answer.json()["reference_number"] for answer in answers] == ["P-000123"] * 3


async def test_another_facility_has_its_own_reference_number(fund: Fund) -> None:
    person, elsewhere = await fund.insured(), await fund.terminal(institution_code=OTHER_CLINIC)
    await refer(fund, person, "P-1")
    before = (await fund.look_up(person, elsewhere)).json()["reference_number"]
    await refer(fund, person, "Q-9", elsewhere)
    after = [
        (await fund.look_up(person, terminal)).json()["reference_number"]
        for terminal in (fund.clinic, elsewhere)
    ]
    assert (before, after) == (None, ["P-1", "Q-9"])


async def test_a_later_registration_replaces_the_number_and_keeps_the_version(fund: Fund) -> None:
    person = await fund.insured()
    await refer(fund, person, "P-1")
    first = (await fund.look_up(person)).json()
    await refer(fund, person, "P-2")
    second = (await fund.look_up(person)).json()
    assert (first["reference_number"], second["reference_number"]) == ("P-1", "P-2")
    assert first["version"] == second["version"]


async def test_the_reference_number_survives_a_change_of_insurer(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person, lost_on="2026-04-01", reason_of_loss="03")
    await fund.register(person.card)
    await refer(fund, person, "P-1")
    await fund.enrol(person, number="9" + person.resident.resident_id[1:], acquired_on="2026-04-01")
    answer = (await fund.tap(person.card)).json()
    assert (len(answer["results"]), answer["reference_number"]) == (1, "P-1")


async def test_an_answer_about_nobody_has_no_reference_number(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person, acquired_on="2026-11-01")
    await refer(fund, person, "P-1")
    answer = (await fund.look_up(person, as_of="2026-10-31")).json()
    assert (answer["validity"], answer["reference_number"]) == ("4", None)


async def test_the_number_of_a_membership_with_an_open_mismatch_is_not_returned(fund: Fund) -> None:
    person, other = fund.person(), fund.person().resident
    await fund.enrol(person, lost_on="2026-04-01", reason_of_loss="03")
    await fund.register(person.card)
    mixed_up = fund.enrolment_body(person, name=other.name, address=other.address)
    corrected = {
        "former": fund.lookup_body(person),
        "member": mixed_up | {"lost_on": "2026-04-01", "reason_of_loss": "03"},
    }
    response = await fund.post("/v1/enrolments/correct", corrected, fund.insurer)
    assert response.json()["match"] == "other", response.text
    assert (await refer(fund, person, "B-77")).status_code == 200

    await fund.enrol(person, number="9" + person.resident.resident_id[1:], acquired_on="2026-04-01")

    assert (await fund.tap(person.card)).json()["reference_number"] is None


async def test_no_number_is_registered_if_none_or_several_match(fund: Fund) -> None:
    one, other = fund.person(), fund.person()
    await fund.enrol(one, branch="01")
    await fund.enrol(other, number=one.resident.resident_id[1:], branch="02")
    refused = [await refer(fund, one, "P-1", **NOBODY), await refer(fund, one, "P-1", branch=None)]
    assert [(r.status_code, r.json()["code"]) for r in refused] == [
        (404, "reference-not-found"),
        (409, "reference-several-found"),
    ]


async def test_without_a_birth_date_a_family_needs_its_branch(fund: Fund) -> None:
    """The real message has no birth date."""
    one, other = fund.person(), fund.person()
    await fund.enrol(one, branch="01")
    await fund.enrol(other, number=one.resident.resident_id[1:], branch="02")
    outcomes = [
        await refer(fund, one, "F-1", birth_date=None, branch=branch) for branch in (None, "01", "03")
    ]
    assert [response.json().get("code", "registered") for response in outcomes] == [
        "reference-several-found",
        "registered",
        "reference-not-found",
    ]
    assert (await fund.look_up(one, branch="01")).json()["reference_number"] == "F-1"
    again = fund.lookup_body(one, branch="02") | {"number": one.resident.resident_id[1:]}
    assert (await fund.post("/v1/eligibility/number", again)).json()["reference_number"] is None


async def test_each_row_of_a_bulk_has_its_own_outcome_and_record(fund: Fund) -> None:
    terminal = await fund.terminal()
    people = [await fund.insured() for _ in range(3)]
    rows = [fund.lookup_body(person) | {"reference_number": f"B-{n}"} for n, person in enumerate(people)]
    rows[1] |= NOBODY

    response = await bulk(fund, [*rows, rows[0] | {"reference_number": "B-9"}], terminal)

    assert outcomes(response) == ["registered", "reference-not-found", "registered", "registered"]
    numbers = [(await fund.look_up(person, terminal)).json()["reference_number"] for person in people]
    assert numbers == ["B-9", None, "B-2"]
    records = await fund.records(
        "kind = 'reference.register' AND client_id = $1::text::uuid", terminal.client_id
    )
    assert [record["outcome"] for record in records] == outcomes(response)
    assert [record["person_key"] is not None for record in records] == [True, False, True, True]
    assert {record["detail"] for record in records} == {json.dumps({"asked_insurer": "01130012"})}


async def test_a_thousand_rows_are_accepted(fund: Fund) -> None:
    person = await fund.insured()
    row = fund.lookup_body(person) | {"reference_number": "9" * 50}
    assert set(outcomes(await bulk(fund, [row] * 1_000))) == {"registered"}
    assert (await bulk(fund, [row] * 1_001)).json()["code"] == "request-invalid"


async def test_only_one_fault_of_a_bulk_is_reported(fund: Fund) -> None:
    refused = (await bulk(fund, [{}] * 100_000)).json()
    assert refused["code"] == "request-invalid"
    assert {error["place"].rsplit(".", 1)[0] for error in refused["errors"]} <= {
        "body",
        "body.registrations.0",
    }


async def test_simultaneous_bulks_cannot_exceed_the_limit(fund: Fund) -> None:
    person, terminal = await fund.insured(), await fund.terminal()
    await fund.look_up(person, terminal, **NOBODY)
    miss = fund.lookup_body(person) | {"reference_number": "P-1"} | NOBODY
    counting = await asyncpg.connect(fund.database.dsn("owner"))
    try:
        async with asyncio.timeout(30), asyncio.TaskGroup() as group, counting.transaction():
            await counting.execute("SELECT FROM number_miss FOR UPDATE")
            with limited(fund, number_misses_per_hour=5):
                asking = [group.create_task(bulk(fund, [miss] * 4, terminal)) for _ in range(3)]
                while await counting.fetchval(LOCK_WAITS) < len(asking):
                    await asyncio.sleep(0)
    finally:
        await counting.close()

    responses = [task.result() for task in asking]
    assert sorted(response.status_code for response in responses) == [200, 429, 429]
    assert all("outcome" not in response.text for response in responses if response.status_code == 429)
    count = await miss_count(fund, terminal.client_id)
    assert count is not None
    assert count["misses"] == 5


async def test_misses_count_as_for_look_ups_and_end_a_bulk_at_the_limit(fund: Fund) -> None:
    person, terminal = await fund.insured(), await fund.terminal()
    hit = fund.lookup_body(person) | {"reference_number": "P-1"}
    miss = hit | NOBODY
    with limited(fund, number_misses_per_hour=3):
        await fund.look_up(person, terminal, **NOBODY)
        first = await bulk(fund, [miss, hit, miss, hit, miss], terminal)
        count = await miss_count(fund, terminal.client_id)
        second = await bulk(fund, [hit], terminal)
        single = await refer(fund, person, "P-1", terminal)
    assert outcomes(first) == [
        "reference-not-found",
        "registered",
        "reference-not-found",
        "number-miss-limit",
        "number-miss-limit",
    ]
    assert count is not None
    assert (count["misses"], count["streak"]) == (3, 3)
    assert [(r.status_code, r.json()["code"]) for r in (second, single)] == [(429, "number-miss-limit")] * 2


async def test_a_terminal_without_the_right_registers_nothing(fund: Fund) -> None:
    person, terminal = await fund.insured(), await fund.terminal(rights=(Right.REGISTRATION,))
    assert (await refer(fund, person, "P-1", terminal)).json()["code"] == "right-missing"
    assert (await refer(fund, person, "P-1", fund.insurer)).json()["code"] == "right-missing"
