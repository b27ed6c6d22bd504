"""Bitemporal queries: answers as known at an earlier instant, for the facility that asked and for the auditor."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from eligibility_api.audit.known import AsKnownQuery, answer_as_known
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.membership import MembershipQuery
from eligibility_api.contract.tokens import Credential
from eligibility_api.database.connections import Database
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC, OTHER_CLINIC
from tests.builders.limits import miss_count, without_request_id
from tests.builders.people import Person

pytestmark = pytest.mark.anyio


async def look(
    fund: Fund, record_id: str, credential: Credential | None = None, held: str | None = None
) -> httpx2.Response:
    """GET an earlier answer; `held` is the ETag that the client has."""
    token = await fund.token(credential or fund.clinic)
    condition = {"If-None-Match": held} if held is not None else {}
    return await fund.http.get(
        f"/v1/eligibility/answers/{record_id}", headers={"Authorization": f"Bearer {token}"} | condition
    )


async def end(fund: Fund, person: Person, lost_on: str) -> None:
    body = fund.lookup_body(person) | {"lost_on": lost_on, "reason_of_loss": "03"}
    assert (await fund.post("/v1/enrolments/end", body, fund.insurer)).status_code == 200


def without_record(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without its own record's id and instant."""
    return {name: value for name, value in answer.items() if name not in {"record_id", "answered_at"}}


async def test_known_at_returns_the_answer_before_a_retroactive_loss(fund: Fund) -> None:
    person = await fund.insured()
    then = (await fund.look_up(person, as_of="2026-10-01")).json()
    await end(fund, person, "2026-04-01")

    now = (await fund.look_up(person, as_of="2026-10-01")).json()
    again = (await fund.look_up(person, as_of="2026-10-01", known_at=then["answered_at"])).json()

    assert (then["validity"], now["validity"], again["validity"]) == ("1", "2", "1")
    assert without_record(again) == without_record(then)


async def test_known_at_before_a_late_enrolment_knows_nothing(fund: Fund) -> None:
    person = fund.person()
    await fund.register(person.card)
    then = (await fund.tap(person.card)).json()
    await fund.enrol(person)
    now, again = (
        (await fund.look_up(person)).json(),
        (await fund.look_up(person, known_at=then["answered_at"])).json(),
    )
    assert (then["validity"], now["validity"], again["validity"]) == ("4", "1", "4")


async def test_a_request_with_known_at_is_recorded_with_its_instant(fund: Fund) -> None:
    person = await fund.insured()
    then = (await fund.look_up(person)).json()
    again = (await fund.look_up(person, known_at=then["answered_at"])).json()
    [record] = await fund.records("record_id = $1::text::uuid", again["record_id"])
    detail = json.loads(record["detail"])
    assert (record["outcome"], detail["asked_insurer"]) == ("answered", "01130012")
    assert datetime.fromisoformat(detail["known_at"]) == datetime.fromisoformat(then["answered_at"])


async def test_a_facility_that_had_not_asked_by_then_is_refused_as_for_nobody(fund: Fund) -> None:
    person, elsewhere = await fund.insured(), await fund.terminal(institution_code=OTHER_CLINIC)
    then = (await fund.look_up(person)).json()["answered_at"]
    before = (datetime.fromisoformat(then) - timedelta(seconds=30)).isoformat()

    earlier = await fund.records("outcome = 'known-at-not-asked'")

    refused = [
        await fund.look_up(person, elsewhere, known_at=then),
        await fund.look_up(person, known_at=before),
        await fund.look_up(person, elsewhere, known_at=then, number="0000-000000"),
        await fund.look_up(person, known_at=then, branch="07"),
    ]

    assert {(r.status_code, r.json()["code"]) for r in refused} == {(403, "known-at-not-asked")}
    assert all(without_request_id(r) == without_request_id(refused[0]) for r in refused)
    assert len({len(r.content) for r in refused}) == 1
    records = (await fund.records("outcome = 'known-at-not-asked'"))[len(earlier) :]
    assert [record["enrolments"] for record in records] == [[]] * len(refused)


@pytest.mark.parametrize(
    "since",
    [{"nondisclosure": True}, {"self_disclosure_blocked": True}, {"address": "架空県どこにもない町"}],
    ids=["nondisclosure", "self-disclosure block", "open mismatch"],
)
async def test_known_at_does_not_circumvent_present_protection(fund: Fund, since: dict[str, Any]) -> None:
    person = fund.person()
    await fund.register(person.card)
    nobody_yet = (await fund.tap(person.card)).json()
    await fund.enrol(person)
    between = fund.clock().isoformat()
    body = {"former": fund.lookup_body(person), "member": fund.enrolment_body(person, **since)}
    assert (await fund.post("/v1/enrolments/correct", body, fund.insurer)).status_code == 200

    refused = await fund.look_up(person, known_at=between)
    nobody = await fund.look_up(person, known_at=between, number="0000-000000")

    assert nobody_yet["validity"] == "4"
    assert (refused.status_code, without_request_id(refused)) == (403, without_request_id(nobody))


async def test_every_refusal_counts_as_a_miss(fund: Fund) -> None:
    person, terminal = await fund.insured(), await fund.terminal(institution_code=OTHER_CLINIC)
    then = (await fund.look_up(person)).json()["answered_at"]
    await fund.look_up(person, terminal, known_at=then)
    await fund.look_up(person, terminal, known_at=then, number="0000-000000")
    count = await miss_count(fund, terminal.client_id)
    assert count is not None
    assert count["misses"] == 2


@pytest.mark.parametrize(
    ("instant", "code"),
    [
        ("2999-01-01T00:00:00Z", "known-at-out-of-range"),
        ("0001-01-01T00:00:00+14:00", "known-at-out-of-range"),
        ("2026-11-01T12:00:00", "request-invalid"),
    ],
    ids=["future", "before anything", "without offset"],
)
async def test_an_invalid_instant_is_rejected(fund: Fund, instant: str, code: str) -> None:
    refused = await fund.look_up(await fund.insured(), known_at=instant)
    assert (refused.status_code, refused.json()["code"]) == (422, code)


async def test_a_facility_can_read_its_answer_again_unchanged(fund: Fund) -> None:
    person, neighbour = await fund.insured(), await fund.terminal()
    answers = [(await fund.tap(person.card)).json(), (await fund.look_up(person)).json()]
    await end(fund, person, "2026-04-01")
    for answer in answers:
        for terminal in (fund.clinic, neighbour):
            again = await look(fund, answer["record_id"], terminal)
            assert (again.status_code, again.json()) == (200, answer)


async def test_the_reference_number_is_not_part_of_a_repeated_answer(fund: Fund) -> None:
    person = await fund.insured()
    await fund.post("/v1/reference-numbers", fund.lookup_body(person) | {"reference_number": "P-1"})
    answer = (await fund.look_up(person)).json()
    assert answer["reference_number"] == "P-1"
    assert (await look(fund, answer["record_id"])).json() == answer | {"reference_number": None}


async def test_a_matching_etag_is_answered_304(fund: Fund) -> None:
    person = await fund.insured()
    record_id = (await fund.look_up(person)).json()["record_id"]
    tag = (await look(fund, record_id)).headers["ETag"]
    held = await look(fund, record_id, held=tag)
    other = await look(fund, record_id, held='"other"')
    assert (held.status_code, held.content, held.headers["ETag"]) == (304, b"", tag)
    assert other.status_code == 200


async def test_reading_an_answer_again_is_recorded_about_the_person(fund: Fund) -> None:
    person = await fund.insured()
    record_id = (await fund.look_up(person)).json()["record_id"]
    await look(fund, record_id)
    [asked] = await fund.records("record_id = $1::text::uuid", record_id)
    [read] = await fund.records("kind = 'answer.read' AND detail ->> 'record_id' = $1", record_id)
    assert (read["person_key"], read["institution_code"]) == (asked["person_key"], CLINIC)


async def test_another_facilitys_record_and_one_of_another_kind_are_not_found(fund: Fund) -> None:
    person, elsewhere = await fund.insured(), await fund.terminal(institution_code=OTHER_CLINIC)
    answered = (await fund.look_up(person)).json()["record_id"]
    [other, *_] = await fund.records("kind NOT LIKE 'eligibility.%' AND institution_code = $1", CLINIC)
    refused = [
        await look(fund, answered, elsewhere),
        await look(fund, str(other["record_id"])),
        await look(fund, "01a20954-e4d1-77f1-996c-0fd0228a0b98"),
    ]
    assert [(r.status_code, r.json()["code"]) for r in refused] == [(404, "not-found")] * 3
    assert (await look(fund, answered, fund.insurer)).json()["code"] == "right-missing"


async def test_a_refusal_of_the_rules_is_repeated(fund: Fund) -> None:
    person = fund.person()
    await fund.register(person.card)
    await fund.enrol(person, self_disclosure_blocked=True)
    refused = await fund.tap(person.card)
    [*_, record] = await fund.records("kind = 'eligibility.card'")
    again = await look(fund, str(record["record_id"]))
    assert without_request_id(again) == without_request_id(refused)


async def test_an_answer_under_an_unknown_rule_version_is_not_recomputed(fund: Fund) -> None:
    record_id = (await fund.look_up(await fund.insured())).json()["record_id"]
    await fund.alter_records(
        "UPDATE audit_record SET rule_version = 1 WHERE record_id = $1::text::uuid", record_id
    )
    refused = await look(fund, record_id)
    await fund.alter_records("DELETE FROM audit_record WHERE record_id = $1::text::uuid", record_id)
    assert (refused.status_code, refused.json()["code"]) == (409, "answer-of-earlier-rule")


async def test_an_answer_of_rule_version_2_is_recomputed_by_its_rules(fund: Fund) -> None:
    """Rule S5: in version 2 the limit certificate needed consent by card too."""
    person = fund.person()
    certificate = {"kind": "01", "limit_class": "A01", "valid_from": "2026-04-01"}
    await fund.enrol(person, limit_certificate=certificate)
    await fund.register(person.card)
    tapped = (await fund.tap(person.card)).json()
    shown = [(await look(fund, tapped["record_id"])).json()]
    await fund.alter_records(
        "UPDATE audit_record SET rule_version = 2 WHERE record_id = $1::text::uuid", tapped["record_id"]
    )
    shown.append((await look(fund, tapped["record_id"])).json())
    assert shown[0] == tapped
    assert [
        (result["limit_certificate_consent"], (result["limit_certificate"] or {}).get("limit_class"))
        for answer in shown
        for result in answer["results"]
    ] == [(True, "A01"), (False, None)]


async def test_a_closed_terminal_may_not_read_an_answer(fund: Fund) -> None:
    terminal = await fund.terminal()
    record_id = (await fund.look_up(await fund.insured(), terminal)).json()["record_id"]
    await fund.owner.fetch(
        "UPDATE client SET closed_at = now() WHERE client_id = $1::text::uuid", [terminal.client_id]
    )
    assert (await look(fund, record_id, terminal)).json()["code"] == "client-closed"


async def test_an_auditor_may_query_any_instant_without_a_record(fund: Fund) -> None:
    person = await fund.insured()
    then = (await fund.look_up(person)).json()
    await end(fund, person, "2026-04-01")
    membership = MembershipQuery.model_validate(fund.lookup_body(person))
    as_of = datetime.fromisoformat(then["as_of"]).date()
    records = len(await fund.records())

    auditor = Database(fund.database.dsn("auditor"))
    await auditor.open()
    answers = [
        await answer_as_known(
            auditor, membership, AsKnownQuery(instant, as_of, CLINIC), version_key=fund.state.keys.version
        )
        for instant in (datetime.fromisoformat(then["answered_at"]), fund.clock())
    ]
    nowhere = AsKnownQuery(fund.clock(), as_of, "0000000000")
    nothing = await answer_as_known(auditor, membership, nowhere, version_key=fund.state.keys.version)
    await auditor.close()

    assert [answer.validity for answer in answers if isinstance(answer, EligibilityAnswer)] == ["1", "2"]
    assert nothing is None
    assert len(await fund.records()) == records
