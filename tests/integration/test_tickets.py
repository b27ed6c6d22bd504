"""Welfare offices register medical tickets: recipient, institution and month; the fund keeps every version."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from eligibility_api.contract.numbers import check_digit
from eligibility_api.contract.tokens import Credential
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC, INSURER, OTHER_CLINIC
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

OFFICE, OTHER_OFFICE = "12137014", "12111118"
MONTH = "2026-11"


@pytest.fixture(scope="module")
async def office(fund: Fund) -> Credential:
    """A welfare office."""
    return await fund.admit_insurer(OFFICE, "架空市福祉事務所")


def recipient_number(person: Person) -> str:
    """The person's recipient number (受給者番号)."""
    digits = f"{int(person.resident.resident_id[1:5]):06d}"
    return digits + str(check_digit(digits))


async def aided(fund: Fund, office: Credential, **more: Any) -> Person:
    """A recipient of medical aid."""
    person = fund.person()
    recipient: dict[str, Any] = {"certificate_kind": "A1", "number": recipient_number(person)}
    enrolled = await fund.enrol(
        person, credential=office, **(recipient | {"symbol": None, "branch": None} | more)
    )
    assert enrolled.status_code == 201, enrolled.text
    return person


def named(person: Person, **more: Any) -> dict[str, Any]:
    name = {
        "recipient_number": recipient_number(person),
        "birth_date": person.resident.birth_date.isoformat(),
        "month": MONTH,
        "institution_code": CLINIC,
        "ticket_type": "01",
        "treatment": "02",
    }
    return name | more


def ticket(person: Person, **more: Any) -> dict[str, Any]:
    return named(person) | {"valid_from": "2026-11-01", "valid_to": "2026-11-30", "self_pay": 0} | more


async def outcomes(fund: Fund, office: Credential, *tickets: dict[str, Any], path: str = "") -> list[str]:
    response = await fund.post(f"/v1/medical-tickets{path}", {"tickets": list(tickets)}, office)
    assert response.status_code == 200, response.text
    return [answer["outcome"] for answer in response.json()["tickets"]]


async def versions(fund: Fund, person: Person) -> list[dict[str, Any]]:
    """Every version of the person's tickets, with the instants between which it was known."""
    rows = await fund.owner.fetch(
        """SELECT m.*, o.published_at AS known_from, c.published_at AS known_to, o.kind
           FROM medical_ticket m JOIN entitlement t USING (entitlement)
           JOIN revision o ON o.revision = m.opened_by LEFT JOIN revision c ON c.revision = m.closed_by
           WHERE t.number_key = $1 ORDER BY version""",
        [recipient_number(person)],
    )
    return [dict(row) for row in rows]


async def test_a_ticket_is_stored_as_sent(fund: Fund, office: Credential) -> None:
    person = await aided(fund, office)
    assert await outcomes(fund, office, ticket(person, issue_number="12-3", self_pay=5000)) == ["registered"]

    [kept] = await versions(fund, person)

    assert (kept["month"], kept["valid_to"]) == (date(2026, 11, 1), date(2026, 11, 30))
    assert (kept["institution_name"], kept["issue_number"], kept["self_pay"]) == ("試験医院", "12-3", 5000)
    assert (kept["kind"], kept["known_to"]) == ("tickets", None)


async def test_a_later_ticket_with_the_same_key_replaces_the_former_which_stays_known(
    fund: Fund, office: Credential
) -> None:
    person = await aided(fund, office)
    await outcomes(fund, office, ticket(person))
    assert await outcomes(fund, office, ticket(person, valid_from="2026-11-16")) == ["replaced"]

    former, present = await versions(fund, person)

    assert former["known_to"] == present["known_from"]
    assert (former["valid_from"].day, present["valid_from"].day) == (1, 16)


async def test_an_identical_ticket_changes_nothing(fund: Fund, office: Credential) -> None:
    person = await aided(fund, office)
    await outcomes(fund, office, ticket(person))
    assert await outcomes(fund, office, ticket(person)) == ["unchanged"]
    assert len(await versions(fund, person)) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"institution_code": OTHER_CLINIC},
        {"treatment": "01"},
        {"ticket_type": "02", "treatment": "04"},
        {"month": "2026-12", "valid_from": "2026-12-01", "valid_to": "2026-12-31"},
    ],
)
async def test_tickets_with_different_keys_coexist(
    fund: Fund, office: Credential, other: dict[str, Any]
) -> None:
    person = await aided(fund, office)
    assert await outcomes(fund, office, ticket(person), ticket(person, **other)) == ["registered"] * 2


async def test_an_unknown_recipient_does_not_affect_the_other_tickets(fund: Fund, office: Credential) -> None:
    person, unknown = await aided(fund, office), fund.person()
    assert await outcomes(fund, office, ticket(unknown), ticket(person)) == [
        "ticket-recipient-unknown",
        "registered",
    ]


async def test_a_recipient_is_matched_by_birth_date_too(fund: Fund, office: Credential) -> None:
    person = await aided(fund, office)
    assert await outcomes(fund, office, ticket(person, birth_date="1981-05-17")) == [
        "ticket-recipient-unknown"
    ]


async def test_an_office_registers_for_its_own_recipients_only(fund: Fund, office: Credential) -> None:
    person = await aided(fund, office)
    other = await fund.admit_insurer(OTHER_OFFICE)
    assert await outcomes(fund, other, ticket(person)) == ["ticket-recipient-unknown"]


async def test_a_withdrawn_ticket_is_closed_and_may_be_registered_again(
    fund: Fund, office: Credential
) -> None:
    person = await aided(fund, office)
    await outcomes(fund, office, ticket(person))

    assert await outcomes(fund, office, named(person), path="/withdraw") == ["withdrawn"]
    assert await outcomes(fund, office, named(person), path="/withdraw") == ["ticket-unknown"]
    assert await outcomes(fund, office, ticket(person)) == ["registered"]

    assert [v["known_to"] is None for v in await versions(fund, person)] == [False, True]


async def validity_by_number(fund: Fund, person: Person, clinic: Credential | None = None) -> Any:
    """The answer to a look-up of a recipient in the tickets' month."""
    asked = {
        "insurer_number": OFFICE,
        "number": recipient_number(person),
        "birth_date": person.resident.birth_date.isoformat(),
        "as_of": f"{MONTH}-20",
    }
    answer = await fund.post("/v1/eligibility/number", asked, clinic)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_until_a_ticket_is_registered_the_answer_is_valid_but_unregistered(
    fund: Fund, office: Credential
) -> None:
    person = await aided(fund, office)
    assert (await validity_by_number(fund, person))["validity"] == "6"

    await outcomes(fund, office, ticket(person))
    answer = await validity_by_number(fund, person)
    await outcomes(fund, office, named(person), path="/withdraw")

    [result] = answer["results"]
    [shown] = result["medical_tickets"]
    assert (answer["validity"], shown["month"], shown["institution_code"]) == ("1", MONTH, CLINIC)
    assert (await validity_by_number(fund, person))["validity"] == "6"


async def test_a_check_by_card_shows_the_same_ticket(fund: Fund, office: Credential) -> None:
    person = await aided(fund, office)
    assert (await fund.register(person.card)).status_code == 201
    before = (await fund.tap(person.card, as_of=f"{MONTH}-20")).json()
    await outcomes(fund, office, ticket(person))
    after = (await fund.tap(person.card, as_of=f"{MONTH}-20")).json()
    assert [a["validity"] for a in (before, after)] == ["6", "1"]
    by_number = (await validity_by_number(fund, person))["results"]
    tickets = [[result["medical_tickets"] for result in results] for results in (after["results"], by_number)]
    assert tickets[0] == tickets[1] != [[]]


async def test_another_institutions_and_another_months_ticket_is_not_shown(
    fund: Fund, office: Credential
) -> None:
    other = await fund.terminal(institution_code=OTHER_CLINIC)
    person = await aided(fund, office)
    december = {"month": "2026-12", "valid_from": "2026-12-01", "valid_to": "2026-12-31"}
    await outcomes(fund, office, ticket(person, institution_code=OTHER_CLINIC), ticket(person, **december))

    here, there = await validity_by_number(fund, person), await validity_by_number(fund, person, other)

    assert [a["validity"] for a in (here, there)] == ["6", "1"]
    assert OTHER_CLINIC not in str(here)


async def test_every_ticket_is_recorded_with_its_recipient(fund: Fund, office: Credential) -> None:
    person, other = await aided(fund, office), await aided(fund, office)
    await outcomes(fund, office, ticket(person), ticket(other))
    await outcomes(fund, office, named(person), path="/withdraw")

    records = (await fund.records("kind LIKE 'tickets.%'"))[-3:]
    kept = [*(await versions(fund, person)), *(await versions(fund, other))]

    assert [r["kind"] for r in records] == ["tickets.register"] * 2 + ["tickets.withdraw"]
    assert [r["tickets"] for r in records] == [[v["version"]] for v in [*kept, kept[0]]]
    assert records[0]["person_key"] == records[2]["person_key"] != records[1]["person_key"]
    assert {(r["insurer_number"], r["institution_code"]) for r in records} == {(OFFICE, CLINIC)}


async def test_a_repeated_call_with_one_key_is_one_change(fund: Fund, office: Credential) -> None:
    person = await aided(fund, office)
    body = {"tickets": [ticket(person)]}
    first = await fund.post("/v1/medical-tickets", body, office, key="first")
    again = await fund.post("/v1/medical-tickets", body, office, key="first")
    other = {"tickets": [ticket(person, self_pay=9)]}
    reused = await fund.post("/v1/medical-tickets", other, office, key="first")
    assert again.content == first.content
    assert reused.json()["code"] == "idempotency-key-reused"
    assert len(await versions(fund, person)) == 1


async def test_concurrent_calls_are_serialised(fund: Fund, office: Credential) -> None:
    person = await aided(fund, office)
    calls = [outcomes(fund, office, ticket(person, self_pay=yen)) for yen in range(4)]
    reported = [outcome for [outcome] in await asyncio.gather(*calls)]
    kept = await versions(fund, person)
    assert sorted(reported) == ["registered", "replaced", "replaced", "replaced"]
    assert [v["closed_by"] for v in kept] == [*(v["opened_by"] for v in kept[1:]), None]


async def test_only_welfare_offices_register_tickets(fund: Fund) -> None:
    body = {"tickets": [ticket(fund.person())]}
    by_insurer = await fund.post("/v1/medical-tickets", body, fund.insurer)
    by_clinic = await fund.post("/v1/medical-tickets", body, fund.clinic)
    assert (by_insurer.status_code, by_insurer.json()["code"]) == (403, "welfare-office-only")
    assert (by_clinic.status_code, by_clinic.json()["code"]) == (403, "right-missing")


async def test_a_call_takes_a_thousand_tickets_in_one_revision(fund: Fund, office: Credential) -> None:
    person = await aided(fund, office)
    many = [ticket(person, institution_code=_institution(n)) for n in range(1_000)]

    assert set(await outcomes(fund, office, *many)) == {"registered"}
    assert len({v["opened_by"] for v in await versions(fund, person)}) == 1


def _institution(number: int) -> str:
    digits = f"13111{number:04d}"
    return digits + str(check_digit(digits))


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"recipient_number": "0000017"}, "recipient_number"),
        ({"institution_code": "1311111110"}, "institution_code"),
        ({"month": "2026-13"}, "string_pattern_mismatch"),
        ({"month": "0000-11"}, "string_pattern_mismatch"),
        ({"valid_from": "2026-10-31"}, "ticket_period"),
        ({"valid_to": "2026-12-01"}, "ticket_period"),
        ({"valid_from": "2026-11-02", "valid_to": "2026-11-01"}, "ticket_period"),
        ({"ticket_type": "02"}, "ticket_treatment"),
        ({"treatment": "04"}, "ticket_treatment"),
        ({"self_pay": -1}, "greater_than_equal"),
        ({"my_number": "123456789018"}, "extra_forbidden"),
    ],
)
async def test_an_invalid_ticket_is_rejected_with_place_and_rule(
    fund: Fund, office: Credential, more: dict[str, Any], rule: str
) -> None:
    person = fund.person()
    body = {"tickets": [ticket(person), ticket(person, treatment="01") | more]}

    response = await fund.post("/v1/medical-tickets", body, office)

    assert (response.status_code, response.json()["code"]) == (422, "request-invalid")
    [fault] = response.json()["errors"]
    assert (fault["place"].split(".")[:3], fault["rule"]) == (["body", "tickets", "1"], rule)


async def test_a_ticket_may_occur_only_once_in_a_call(fund: Fund, office: Credential) -> None:
    person = fund.person()
    body = {"tickets": [ticket(person), ticket(person, self_pay=1)]}
    response = await fund.post("/v1/medical-tickets", body, office)
    assert response.json()["errors"] == [{"place": "body.tickets", "rule": "ticket_twice"}]


@pytest.mark.parametrize(
    ("insurer", "more", "code"),
    [
        (OFFICE, {"certificate_kind": "01"}, "enrolment-medical-aid"),
        (INSURER, {"certificate_kind": "A1"}, "enrolment-medical-aid"),
        (OFFICE, {"certificate_kind": "A1", "number": "1234567"}, "enrolment-recipient"),
        ("39131008", {"branch": None}, "enrolment-late-elderly"),
    ],
)
async def test_an_item_unknown_to_the_scheme_has_its_own_sentence(
    fund: Fund, insurer: str, more: dict[str, Any], code: str
) -> None:
    response = await fund.enrol(fund.person(), **({"insurer_number": insurer} | more))
    assert (response.status_code, response.json()["code"]) == (422, code)
