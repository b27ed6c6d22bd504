"""An insurer that was stored under another spelling of its number is found, and joined to the canonical one (rule R1)."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from eligibility_api.audit.recompute import recompute
from eligibility_api.contract.identifiers import membership_key
from eligibility_api.contract.numbers import check_digit
from eligibility_api.contract.tokens import Credential
from eligibility_api.insurer_ops.twins import Joined, find_twins, join
from eligibility_api.platform.errors import OperatorError
from tests.builders.claim_files import claim_file, medical_claim, member, send, upload_and_process
from tests.builders.commands import Command
from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_CLINIC
from tests.builders.member_files import csv_file, get, run_jobs
from tests.builders.member_files import member as file_member
from tests.builders.member_files import upload as upload_members
from tests.builders.member_files import upload_and_process as upload_members_and_process
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

UNREAL = "51136018"
_PLACES = count(700)


@pytest.fixture
def number() -> str:
    """The canonical number of an insurer of this test's own."""
    digits = f"13{next(_PLACES):03d}"
    return f"{digits}{check_digit(digits)}"


@pytest.fixture
def former(number: str) -> str:
    """Its number as it was stored."""
    return f"00{number}"


async def _store_under(fund: Fund, number: str, former: str) -> None:
    """Rewrite everything of an insurer as an earlier version stored it under the other spelling."""
    await fund.owner.fetch(
        "INSERT INTO insurer VALUES ($1, '試験健康保険組合') ON CONFLICT DO NOTHING", [former]
    )
    for table in (
        "client",
        "revision",
        "entitlement",
        "claim_file",
        "claim",
        "idempotency",
        "mismatch_count",
        "upload",
    ):
        await fund.owner.fetch(
            f"UPDATE {table} SET insurer_number = $1 WHERE insurer_number = $2", [former, number]
        )


@pytest.fixture
async def program(fund: Fund, number: str) -> Credential:
    """The program of the insurer, admitted under its canonical number."""
    return await fund.admit_insurer(number)


async def _join(fund: Fund, former: str) -> Joined:
    async with fund.owner.transaction() as connection:
        return await join(connection, former, lead=timedelta())


async def _insured(fund: Fund, program: Credential, **items: Any) -> Person:
    person = fund.person()
    assert (await fund.enrol(person, credential=program, **items)).status_code == 201
    return person


async def _shown(fund: Fund, person: Person, number: str) -> list[tuple[str, str]]:
    answer = (await fund.look_up(person, insurer_number=number)).json()
    return [(row["insurer_number"], row["acquired_on"]) for row in answer["results"]]


async def test_members_of_a_twin_are_found_by_the_canonical_number_after_joining(
    fund: Fund, program: Credential, number: str, former: str
) -> None:
    person = await _insured(fund, program)
    assert (await fund.register(person.card)).status_code == 201
    await _store_under(fund, number, former)
    before = (await fund.tap(person.card)).json()
    assert [row["insurer_number"] for row in before["results"]] == [former]
    assert await _shown(fund, person, number) == []
    async with fund.owner.transaction() as connection:
        [twin] = [twin for twin in await find_twins(connection) if twin.insurer_number == former]
    assert (twin.insurer_number, twin.canonical, twin.canonical_name) == (former, number, "試験健康保険組合")

    joined = await _join(fund, former)

    assert (joined.former, joined.kept, joined.members, joined.left_out) == (former, number, 1, 0)
    assert joined.clients >= 1
    assert [shown for shown, _ in await _shown(fund, person, number)] == [number]
    after = (await fund.tap(person.card)).json()
    assert [row["insurer_number"] for row in after["results"]] == [number]
    assert after["version"] != before["version"]

    async with fund.owner.transaction() as connection:
        [again] = [
            answer
            async for answer in recompute(
                connection, version_key=fund.state.keys.version, record_id=UUID(before["record_id"])
            )
        ]
    assert json.loads(again.model_dump_json()) == before


async def test_a_period_that_the_canonical_insurer_has_already_takes_precedence(
    fund: Fund, program: Credential, number: str, former: str
) -> None:
    person = await _insured(
        fund, program, acquired_on="2022-04-01", lost_on="2023-04-01", reason_of_loss="03"
    )
    await fund.enrol(person, credential=program, acquired_on="2024-04-01")
    await _store_under(fund, number, former)
    second = await fund.admit_insurer(number)
    assert (await fund.enrol(person, credential=second, acquired_on="2025-04-01")).status_code == 201

    joined = await _join(fund, former)

    assert (joined.members, joined.left_out) == (1, 1)
    assert await _shown(fund, person, number) == [(number, "2025-04-01")]
    periods = await fund.owner.fetch(
        """SELECT e.acquired_on FROM entitlement t JOIN enrolment e USING (entitlement)
           WHERE t.insurer_number = $1 AND t.number_key = $2 AND e.closed_by IS NULL ORDER BY 1""",
        [number, membership_key(person.resident.resident_id[1:])],
    )
    assert [row["acquired_on"].year for row in periods] == [2022, 2025]


async def test_joining_again_changes_nothing_and_the_program_goes_on(
    fund: Fund, program: Credential, number: str, former: str
) -> None:
    await _insured(fund, program)
    await _store_under(fund, number, former)
    assert (await _join(fund, former)).members >= 1
    again = await _join(fund, former)
    assert (again.members, again.left_out, again.clients, again.claims, again.checkups) == (0, 0, 0, 0, 0)
    fund._tokens.clear()
    assert await _shown(fund, await _insured(fund, program), number) != []


async def test_claims_move_and_are_read_again_when_the_file_comes_again(
    fund: Fund, program: Credential, number: str, former: str
) -> None:
    person = await _insured(fund, program)
    body = claim_file([medical_claim(member(person, number))])
    first = await upload_and_process(fund, body, program)
    assert first["report"]["accepted"] == 1
    await _store_under(fund, number, former)
    assert (await _join(fund, former)).claims >= 1
    fund._tokens.clear()
    again = (await send(fund, body, program)).json()
    assert (again["duplicate_of"], again["file_id"] != first["file_id"]) == (None, True)


async def test_a_facilitys_reference_number_for_a_member_is_kept(
    fund: Fund, program: Credential, number: str, former: str
) -> None:
    person, elsewhere = await _insured(fund, program), await fund.terminal(institution_code=OTHER_CLINIC)
    assert (await fund.register(person.card)).status_code == 201
    for credential, reference in ((None, "P-000123"), (elsewhere, "Q-9")):
        body = fund.lookup_body(person, insurer_number=number) | {"reference_number": reference}
        assert (await fund.post("/v1/reference-numbers", body, credential)).json()["outcome"] == "registered"
    await _store_under(fund, number, former)

    joined = await _join(fund, former)

    assert joined.references == 2
    answers = [
        await fund.tap(person.card),
        await fund.look_up(person, insurer_number=number),
        await fund.look_up(person, elsewhere, insurer_number=number),
    ]
    assert [answer.json()["reference_number"] for answer in answers] == ["P-000123", "P-000123", "Q-9"]


async def test_the_newer_of_two_reference_numbers_of_one_facility_counts(
    fund: Fund, program: Credential, number: str, former: str
) -> None:
    persons = [await _insured(fund, program) for _ in range(2)]

    async def refer(person: Person, reference: str) -> None:
        body = fund.lookup_body(person, insurer_number=number) | {"reference_number": reference}
        assert (await fund.post("/v1/reference-numbers", body)).json()["outcome"] == "registered"

    for person in persons:
        await refer(person, "P-former")
    await _store_under(fund, number, former)
    second = await fund.admit_insurer(number)
    for person in persons:
        await fund.enrol(person, credential=second)
        await refer(person, "P-newer")
    [earlier, _] = persons
    await fund.owner.fetch(
        """UPDATE reference_number r SET registered_at = registered_at - interval '1 hour' FROM entitlement t
           WHERE t.entitlement = r.entitlement AND t.insurer_number = $1 AND t.number_key = $2""",
        [number, membership_key(earlier.resident.resident_id[1:])],
    )

    assert (await _join(fund, former)).references == 1

    shown = [(await fund.look_up(person, insurer_number=number)).json() for person in persons]
    assert [answer["reference_number"] for answer in shown] == ["P-former", "P-newer"]


async def test_uploads_move_and_stay_what_they_were(
    fund: Fund, program: Credential, number: str, former: str
) -> None:
    person = fund.person()
    body = csv_file([file_member(person, number)])
    first = await upload_members_and_process(fund, body, program, scope="changes")
    assert first["state"] == "published"
    await _store_under(fund, number, former)

    assert (await _join(fund, former)).uploads == 1

    fund._tokens.clear()
    path = f"/v1/uploads/{first['upload_id']}"
    assert (await get(fund, path, program))["report"] == first["report"]
    again = await upload_members(fund, body, program, scope="changes")
    assert (again.status_code, again.json()["duplicate_of"]) == (200, first["upload_id"])
    # The join has changed its members since: an undo leaves them alone (rule T6).
    undone = await fund.post(f"{path}/undo", {"reason": "誤"}, program)
    assert undone.status_code == 202, undone.text
    await run_jobs(fund)
    assert (await get(fund, path, program))["state"] == "undone"
    faults = (await get(fund, f"{path}/faults", program))["faults"]
    assert [fault["code"] for fault in faults] == ["changed-since"]
    assert [shown for shown, _ in await _shown(fund, person, number)] == [number]


async def test_the_join_is_recorded_without_a_person(
    fund: Fund, program: Credential, number: str, former: str
) -> None:
    await _insured(fund, program)
    await _store_under(fund, number, former)
    joined = await _join(fund, former)
    [*_, row] = await fund.owner.fetch(
        "SELECT * FROM audit_record WHERE kind = 'insurer.joined' ORDER BY record_id", ()
    )
    assert (row["outcome"], row["insurer_number"], row["client_id"], row["person_key"]) == (
        "done",
        number,
        None,
        None,
    )
    detail = json.loads(row["detail"])
    assert (detail["former"], detail["members"], detail["left_out"]) == (
        former,
        joined.members,
        joined.left_out,
    )


@pytest.mark.parametrize("stored", ["138057", "99999999", UNREAL, "01130012"])
async def test_only_another_spelling_of_a_number_is_joined(fund: Fund, stored: str) -> None:
    await fund.owner.fetch("INSERT INTO insurer VALUES ($1, '架空') ON CONFLICT DO NOTHING", [UNREAL])
    with pytest.raises(OperatorError):
        await _join(fund, stored)


async def test_a_twin_with_an_unfinished_file_is_not_joined(
    fund: Fund, program: Credential, number: str, former: str
) -> None:
    await _store_under(fund, number, former)
    await fund.owner.fetch(
        "INSERT INTO claim_file (insurer_number, client_id, state) VALUES ($1, $2::text::uuid, 'received')",
        [former, program.client_id],
    )
    with pytest.raises(OperatorError, match="not finished"):
        await _join(fund, former)
    await fund.owner.fetch("UPDATE claim_file SET state = 'refused' WHERE state = 'received'", ())
    await _join(fund, former)


@pytest.mark.usefixtures("external_database")
async def test_the_commands_list_and_join(
    fund: Fund, command: Command, program: Credential, number: str, former: str
) -> None:
    await _store_under(fund, number, former)
    listed = await command("insurer", "twins")
    assert not listed.code
    lines = {line["insurer_number"]: line for line in map(json.loads, listed.out.splitlines())}
    assert lines[former]["canonical"] == number
    assert lines.get(UNREAL, {"canonical": None})["canonical"] is None
    joined = await command("insurer", "join", former)
    assert not joined.code
    assert json.loads(joined.out)["kept"] == number
    refused = await command("insurer", "join", number)
    assert (refused.code, len(refused.err.splitlines())) == (1, 1)
