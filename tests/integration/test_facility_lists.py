"""What a facility lists: its recipients with a medical ticket in a month, and its consents beyond a visit."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import httpx2
import pytest

from eligibility_api.contract.codes import Right, Role
from eligibility_api.contract.numbers import check_digit
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.dates import day_in_japan
from tests.builders.audit import recomputed
from tests.builders.consents import code_of, newest_record, protect, registered_consent
from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_CLINIC
from tests.builders.people import Person
from tests.builders.staff import as_staff

pytestmark = pytest.mark.anyio

OFFICE = "12137014"
CLERK = as_staff(Role.RECEPTION, "見本　受付")


@pytest.fixture(scope="module")
async def office(fund: Fund) -> Credential:
    """A welfare office."""
    return await fund.admit_insurer(OFFICE, "架空市福祉事務所")


@pytest.fixture
async def clinic(fund: Fund) -> Credential:
    """A terminal of a facility of its own, so that lists have what the test made, and nothing else."""
    code = f"13111{(await fund.owner.fetch('SELECT count(*) FROM facility', ()))[0][0]:04}"
    return await fund.terminal(institution_code=code + str(check_digit(code)))


async def listed(fund: Fund, path: str, terminal: Credential, **query: Any) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {await fund.token(terminal)}"} | CLERK
    return await fund.http.get(path, headers=headers, params=query)


# -- Tickets ----------------------------------------------------------------------------------------------


def today(fund: Fund) -> date:
    return day_in_japan(fund.clock())


def days_of(month: date) -> tuple[date, date]:
    """The first and the last day of a month."""
    return month.replace(day=1), (month.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(
        days=1
    )


async def aided(fund: Fund, office: Credential, **more: Any) -> Person:
    """A recipient of medical aid."""
    person = fund.person()
    member = {"certificate_kind": "A1", "number": number_of(person), "symbol": None, "branch": None}
    assert (await fund.enrol(person, credential=office, **(member | more))).status_code == 201
    return person


def number_of(person: Person) -> str:
    digits = f"{int(person.resident.resident_id[1:5]):06d}"
    return digits + str(check_digit(digits))


async def issue(fund: Fund, office: Credential, person: Person, terminal: Credential, **more: Any) -> None:
    first, last = days_of(more.pop("month", today(fund)))
    ticket = {
        "recipient_number": number_of(person),
        "birth_date": person.resident.birth_date.isoformat(),
        "month": f"{first:%Y-%m}",
        "institution_code": terminal.institution_code,
        "ticket_type": "01",
        "treatment": "02",
        "valid_from": first.isoformat(),
        "valid_to": last.isoformat(),
    } | more
    response = await fund.post("/v1/medical-tickets", {"tickets": [ticket]}, office)
    assert response.json()["tickets"] == [{"outcome": "registered"}], response.text


async def tickets(fund: Fund, terminal: Credential, month: date | None = None, **query: Any) -> Any:
    asked = {"month": f"{month or today(fund):%Y-%m}"} | query
    response = await listed(fund, "/v1/medical-tickets", terminal, **asked)
    assert response.status_code == 200, response.text
    return response.json()


async def test_a_recipient_is_listed_as_by_number_with_her_ticket(
    fund: Fund, office: Credential, clinic: Credential
) -> None:
    person = await aided(fund, office)
    await issue(fund, office, person, clinic, issue_number="12-3", self_pay=5000)
    page = await tickets(fund, clinic)
    [recipient] = page["recipients"]
    asked = {"insurer_number": OFFICE, "symbol": None, "branch": None, "number": number_of(person)}
    looked_up = (await fund.look_up(person, clinic, **asked)).json()
    own = {"record_id", "answered_at"}
    assert {k: v for k, v in recipient["answer"].items() if k not in own} == {
        k: v for k, v in looked_up.items() if k not in own
    }
    [ticket] = recipient["answer"]["results"][0]["medical_tickets"]
    assert (ticket["issue_number"], ticket["self_pay"], page["next"]) == ("12-3", 5000, None)


async def test_tickets_of_others_and_of_other_months_are_not_listed(
    fund: Fund, office: Credential, clinic: Credential
) -> None:
    person = await aided(fund, office)
    await issue(fund, office, person, fund.clinic)
    await issue(fund, office, person, clinic, month=days_of(today(fund))[1] + timedelta(days=1))
    assert (await tickets(fund, clinic))["recipients"] == []


async def test_a_withdrawn_ticket_is_not_listed(fund: Fund, office: Credential, clinic: Credential) -> None:
    person = await aided(fund, office)
    await issue(fund, office, person, clinic)
    name = {
        "recipient_number": number_of(person),
        "birth_date": person.resident.birth_date.isoformat(),
        "month": f"{today(fund):%Y-%m}",
        "institution_code": clinic.institution_code,
        "ticket_type": "01",
        "treatment": "02",
    }
    withdrawn = await fund.post("/v1/medical-tickets/withdraw", {"tickets": [name]}, office)
    assert withdrawn.json()["tickets"] == [{"outcome": "withdrawn"}]
    assert (await tickets(fund, clinic))["recipients"] == []


async def test_every_ticket_of_a_month_is_shown_on_a_day_of_its_own(
    fund: Fund, office: Credential, clinic: Credential
) -> None:
    """Of a past month: an inpatient's ticket until the tenth, an outpatient's afterwards."""
    person = await aided(fund, office, acquired_on="2024-04-01")
    first, last = days_of(days_of(today(fund))[0] - timedelta(days=1))
    tenth, next_day = first.replace(day=10).isoformat(), first.replace(day=11).isoformat()
    await issue(fund, office, person, clinic, month=first, treatment="01", valid_to=tenth)
    await issue(fund, office, person, clinic, month=first, valid_from=next_day)
    answers = [one["answer"] for one in (await tickets(fund, clinic, first))["recipients"]]
    assert [answer["as_of"] for answer in answers] == [tenth, last.isoformat()]
    assert [
        ticket["treatment"] for answer in answers for ticket in answer["results"][0]["medical_tickets"]
    ] == ["01", "02"]


async def test_a_next_months_ticket_is_asked_about_on_its_first_day(
    fund: Fund, office: Credential, clinic: Credential
) -> None:
    person = await aided(fund, office)
    month = days_of(today(fund))[1] + timedelta(days=1)
    await issue(fund, office, person, clinic, month=month)
    [recipient] = (await tickets(fund, clinic, month))["recipients"]
    assert recipient["answer"]["as_of"] == month.isoformat()


async def test_pages_follow_each_other_and_miss_nobody(
    fund: Fund, office: Credential, clinic: Credential
) -> None:
    persons = [await aided(fund, office) for _ in range(3)]
    for person in persons:
        await issue(fund, office, person, clinic)
    first = await tickets(fund, clinic, limit=2)
    second = await tickets(fund, clinic, limit=2, after=first["next"])
    numbers = [
        one["answer"]["results"][0]["number"] for page in (first, second) for one in page["recipients"]
    ]
    assert sorted(numbers) == sorted(map(number_of, persons))
    assert second["next"] is None


async def test_a_recipient_whom_the_register_does_not_confirm_has_the_code_of_a_look_up(
    fund: Fund, office: Credential, clinic: Credential
) -> None:
    person = await aided(fund, office)
    await issue(fund, office, person, clinic)
    await fund.owner.fetch("UPDATE enrolment SET mismatch = 'open' WHERE number = $1", [number_of(person)])
    assert (await tickets(fund, clinic))["recipients"] == [
        {"answer": None, "code": "eligibility-not-confirmable"}
    ]


async def test_each_recipient_has_a_record_from_which_the_answer_is_recomputed(
    fund: Fund, office: Credential, clinic: Credential
) -> None:
    for _ in range(2):
        await issue(fund, office, await aided(fund, office), clinic)
    given = [one["answer"] for one in (await tickets(fund, clinic))["recipients"]]
    records = await fund.records(
        "kind = 'eligibility.tickets' AND institution_code = $1", clinic.institution_code
    )
    assert [str(record["record_id"]) for record in records] == [answer["record_id"] for answer in given]
    assert {(record["operator"], record["person_key"] is None) for record in records} == {
        ("見本　受付", False)
    }
    for answer in given:
        assert await recomputed(fund, answer["record_id"]) == {answer["record_id"]: answer}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"month": "2026-13"}, "request-invalid"),
        ({"month": "2015-01"}, "as-of-out-of-range"),
        ({"month": "2999-01"}, "as-of-out-of-range"),
        ({"month": "9999-12"}, "as-of-out-of-range"),
        ({}, "request-invalid"),
        ({"limit": 0}, "request-invalid"),
        ({"limit": 101}, "request-invalid"),
        ({"after": "x"}, "cursor-invalid"),
        ({"after": "LTE="}, "cursor-invalid"),
    ],
    ids=str,
)
async def test_bad_questions_are_refused(fund: Fund, query: dict[str, Any], code: str) -> None:
    asked = ({"month": f"{today(fund):%Y-%m}"} if {"limit", "after"} & query.keys() else {}) | query
    assert code_of(await listed(fund, "/v1/medical-tickets", fund.clinic, **asked)) == code


async def test_only_facilities_list_tickets(fund: Fund, office: Credential) -> None:
    assert code_of(await listed(fund, "/v1/medical-tickets", office, month="2026-11")) == "right-missing"


async def test_a_closed_terminal_lists_nothing(fund: Fund, clinic: Credential) -> None:
    await fund.token(clinic)
    await fund.owner.fetch(
        "UPDATE client SET closed_at = now() WHERE client_id = $1::text::uuid", [clinic.client_id]
    )
    consents = {"care": "2", "given_from": "2026-01-01", "given_to": "2026-01-02"}
    month = f"{today(fund):%Y-%m}"
    assert code_of(await listed(fund, "/v1/medical-tickets", clinic, month=month)) == "client-closed"
    assert code_of(await listed(fund, "/v1/consents", clinic, **consents)) == "client-closed"


# -- Consents ---------------------------------------------------------------------------------------------


async def consents(fund: Fund, terminal: Credential, care: str = "2", **query: Any) -> Any:
    day = today(fund).isoformat()
    asked = {"care": care, "given_from": day, "given_to": day} | query
    response = await listed(fund, "/v1/consents", terminal, **asked)
    assert response.status_code == 200, response.text
    return response.json()


async def consented(fund: Fund, terminal: Credential, person: Person | None = None, **more: Any) -> str:
    """The id of a consent registered at a terminal."""
    wish = {"care": "2", "credential": terminal} | more
    return str((await registered_consent(fund, person or await fund.insured(), **wish))["consent_id"])


async def test_consents_of_every_terminal_of_the_facility_are_listed_with_their_status(
    fund: Fund, clinic: Credential
) -> None:
    assert clinic.institution_code
    other = await fund.terminal(institution_code=clinic.institution_code)
    ids = [await consented(fund, clinic), await consented(fund, other)]
    page = await consents(fund, clinic)
    assert [one["consent_id"] for one in page["consents"]] == ids
    status = (await fund.get(f"/v1/consents/{ids[0]}", clinic)).json()
    assert (page["consents"][0], page["next"]) == (status, None)


@pytest.mark.parametrize(
    ("care", "query"),
    [("3", {}), ("2", {"days": -1}), ("2", {"days": 1})],
    ids=["another care", "before", "after"],
)
async def test_other_consents_are_not_listed(
    fund: Fund, clinic: Credential, care: str, query: dict[str, int]
) -> None:
    await consented(fund, clinic)
    await consented(fund, clinic, care="1")
    day = (today(fund) + timedelta(days=query.get("days", 0))).isoformat()
    assert (await consents(fund, clinic, care, given_from=day, given_to=day))["consents"] == []


async def test_another_facilitys_consents_are_not_listed(fund: Fund, clinic: Credential) -> None:
    await consented(fund, fund.clinic)
    assert (await consents(fund, clinic))["consents"] == []


async def test_an_ended_consent_is_listed_with_its_end(fund: Fund, clinic: Credential) -> None:
    consent = await consented(fund, clinic)
    assert (await fund.post(f"/v1/consents/{consent}/end", {"reason": "2"}, clinic)).status_code == 200
    [one] = (await consents(fund, clinic))["consents"]
    assert (one["end_reason"], one["ended_at"] is None) == ("2", False)


async def test_pages_of_consents_follow_each_other(fund: Fund, clinic: Credential) -> None:
    ids = [await consented(fund, clinic) for _ in range(3)]
    first = await consents(fund, clinic, limit=2)
    second = await consents(fund, clinic, limit=2, after=first["next"])
    assert [one["consent_id"] for page in (first, second) for one in page["consents"]] == ids
    assert second["next"] is None


async def test_a_protected_person_is_not_listed_and_the_attempt_is_recorded(
    fund: Fund, clinic: Credential
) -> None:
    """Rule W6."""
    person = await fund.insured()
    hidden, shown = await consented(fund, clinic, person), await consented(fund, clinic)
    await protect(fund, person)
    page = await consents(fund, clinic, limit=2)
    assert [one["consent_id"] for one in page["consents"]] == [shown]
    records = await fund.records("kind = 'consent.read' AND institution_code = $1", clinic.institution_code)
    assert [(record["outcome"], record["operator"]) for record in records] == [
        ("card-not-usable", "見本　受付"),
        ("done", "見本　受付"),
    ]
    assert hidden in records[0]["detail"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"care": "1"}, "request-invalid"),
        ({"care": "4"}, "request-invalid"),
        ({"given_from": "2026-02-30"}, "request-invalid"),
        ({"after": "x"}, "cursor-invalid"),
        ({"limit": 101}, "request-invalid"),
    ],
    ids=str,
)
async def test_bad_questions_about_consents_are_refused(fund: Fund, query: dict[str, Any], code: str) -> None:
    asked = {"care": "2", "given_from": "2026-01-01", "given_to": "2026-01-02"} | query
    assert code_of(await listed(fund, "/v1/consents", fund.clinic, **asked)) == code


async def test_the_last_day_of_all_is_a_day(fund: Fund, clinic: Credential) -> None:
    consent = await consented(fund, clinic)
    [one] = (await consents(fund, clinic, given_to="9999-12-31"))["consents"]
    assert one["consent_id"] == consent


async def test_an_eligibility_only_terminal_lists_no_consents(fund: Fund) -> None:
    terminal = await fund.terminal(institution_code=OTHER_CLINIC, rights=(Right.ELIGIBILITY,))
    asked = {"care": "2", "given_from": "2026-01-01", "given_to": "2026-01-02"}
    assert code_of(await listed(fund, "/v1/consents", terminal, **asked)) == "right-missing"


@pytest.mark.parametrize(
    ("care", "outcome"), [("2", "200"), ("3", "200"), ("1", "consent-category")], ids=str
)
async def test_eligibility_without_the_card_is_for_care_at_home_and_online(
    fund: Fund, care: str, outcome: str
) -> None:
    consent = await consented(fund, fund.clinic, care=care)
    answer = await listed(fund, f"/v1/consents/{consent}/eligibility", fund.clinic)
    assert code_of(answer) == outcome
    record = await newest_record(fund, "eligibility.consent")
    assert record["outcome"] == ("answered" if outcome == "200" else outcome)
