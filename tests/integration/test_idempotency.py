"""A repeated call with one idempotency key is one change and returns the identical answer."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from eligibility_api import scheduler
from tests.builders.fund import Fund
from tests.builders.fund_clients import INSURER, OTHER_INSURER
from tests.builders.people import Person

pytestmark = pytest.mark.anyio


async def versions(fund: Fund, person: Person) -> int:
    """The number of versions of the person's enrolments."""
    (row,) = await fund.owner.fetch("SELECT count(*) FROM enrolment WHERE name = $1", [person.resident.name])
    return int(row["count"])


async def changed(fund: Fund, person: Person, action: str, key: str) -> httpx2.Response:
    """A call about a member, always with the same body."""
    fields: dict[str, dict[str, Any]] = {
        "end": {"lost_on": "2026-04-01", "reason_of_loss": "03"},
        "move": {"address": "架空県どこにもない町"},
        "branch": {"new_branch": "03"},
        "withdraw": {},
    }
    if action == "enrol":
        return await fund.enrol(person, key=key)
    if action == "correct":
        body = {"former": fund.lookup_body(person), "member": fund.enrolment_body(person, name_alias="通称")}
        return await fund.post("/v1/enrolments/correct", body, fund.insurer, key=key)
    return await fund.change(person, action, key=key, **fields[action])


@pytest.mark.parametrize("action", ["enrol", "end", "correct", "move", "branch", "withdraw"])
async def test_a_repeated_key_gives_the_same_answer_and_one_change(fund: Fund, action: str) -> None:
    person = fund.person()
    if action != "enrol":
        await fund.enrol(person)

    first = await changed(fund, person, action, f"{action}-1")
    once = await versions(fund, person)
    second = await changed(fund, person, action, f"{action}-1")

    assert first.is_success
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert await versions(fund, person) == once


async def test_two_concurrent_calls_with_one_key_make_one_change(fund: Fund) -> None:
    person = fund.person()
    responses = await asyncio.gather(*(fund.enrol(person, key="at-once") for _ in range(4)))
    assert {r.status_code for r in responses} == {201}
    assert len({r.content for r in responses}) == 1
    assert await versions(fund, person) == 1


async def test_a_repeated_call_is_answered_without_the_register(fund: Fund) -> None:
    person = fund.person()
    first = await fund.enrol(person, key="line-cut-later")
    fund.jlis_connection.cut = True
    second = await fund.enrol(person, key="line-cut-later")
    assert second.content == first.content


async def test_a_refused_call_may_be_repeated_with_its_key(fund: Fund) -> None:
    person = fund.person()
    fund.jlis_connection.cut = True
    assert (await fund.enrol(person, key="again")).json()["code"] == "register-unavailable"
    fund.jlis_connection.cut = False
    assert (await fund.enrol(person, key="again")).status_code == 201


async def test_a_key_with_another_request_is_refused_and_nothing_changed(fund: Fund) -> None:
    person, other = fund.person(), fund.person()
    await fund.enrol(person, key="mine")

    responses = [await fund.enrol(other, key="mine"), await changed(fund, person, "withdraw", "mine")]

    assert [(r.status_code, r.json()["code"]) for r in responses] == [(422, "idempotency-key-reused")] * 2
    assert (await versions(fund, person), await versions(fund, other)) == (1, 0)


async def test_keys_of_different_insurers_are_independent(fund: Fund) -> None:
    other = await fund.admit_insurer(OTHER_INSURER)
    person = fund.person()
    mine = await fund.enrol(person, key="everyones")
    theirs = await fund.enrol(person, credential=other, key="everyones")
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["enrolment_id"] != theirs.json()["enrolment_id"]


@pytest.mark.parametrize("key", [None, "", "x" * 65, "with space", "鍵".encode()])
async def test_a_change_without_a_proper_key_is_refused(fund: Fund, key: str | bytes | None) -> None:
    headers: dict[str, Any] = {"Authorization": f"Bearer {await fund.token(fund.insurer)}"}
    if key is not None:
        headers["Idempotency-Key"] = key
    response = await fund.http.post(
        "/v1/enrolments", json=fund.enrolment_body(fund.person()), headers=headers
    )
    assert (response.status_code, response.json()["code"]) == (422, "idempotency-key-missing")


async def test_neither_the_request_nor_a_personal_value_is_kept_with_a_key(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person, key="kept")
    (row,) = await fund.owner.fetch(
        "SELECT idempotency::text AS kept FROM idempotency WHERE insurer_number = $1 AND key = 'kept'",
        [INSURER],
    )
    for value in (person.resident.name, person.resident.address, person.resident.resident_id[1:]):
        assert value not in row["kept"]


async def test_a_key_expires_after_seven_days(fund: Fund) -> None:
    for key, age in (("old", "7 days 1 minute"), ("young", "6 days 23 hours")):
        await fund.enrol(fund.person(), key=key)
        await fund.owner.fetch(
            "UPDATE idempotency SET created_at = now() - $2::text::interval WHERE key = $1", [key, age]
        )

    await scheduler._delete_expired_counters(fund.batch)

    left = await fund.owner.fetch("SELECT key FROM idempotency WHERE key IN ('old', 'young')", [])
    assert [row["key"] for row in left] == ["young"]
