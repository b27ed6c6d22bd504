"""The exchange with a real fund: medical files under the permit of a tap, and lists of patients who consented elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from clinic_terminal.exchange.operator import Operator
from clinic_terminal.messages.bulk import OnlineBulkRequest, TicketBulkRequest
from clinic_terminal.messages.codes import FileCategory
from clinic_terminal.messages.headers import Message
from clinic_terminal.store import TerminalStore
from eligibility_api.contract.codes import Care, Category, EndReason
from eligibility_api.contract.consent import ConsentEnd
from eligibility_api.domain.claims import Act
from tests.builders.claims import (
    claim,
    months_ago,
    set_known_since,
    store_checkup,
    store_claims,
    store_prescription_entry,
)
from tests.builders.clinic.clinic_software import (
    checkup_request,
    header,
    history_request,
    home_visit_request,
    results_request,
)
from tests.builders.clinic.office import DOCTOR, FILES, PIN, RECEPTION, Office, membership, today
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC, OTHER_CLINIC
from tests.builders.in_process import in_thread
from tests.builders.known import PHARMACY, content, drug
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

TABLETS = content(drug(), institution_name="架空診療所")
CT_ON_THE_7TH = Act(code="170011810", quantity=None, act="70", times=1, days=((7, 1),))


@pytest.fixture
def office(fund: Fund, tmp_path: Path) -> Iterator[Office]:
    with TerminalStore.open(tmp_path / "terminal", answer_days=30) as store:
        yield Office(fund, tmp_path, store)


@pytest.fixture
async def patient(office: Office) -> Person:
    """A registered person with a history of every origin: claims, a dispensing, prescriptions, check-ups."""
    fund = office.fund
    person = await fund.insured(pin=PIN)
    await set_known_since(fund, person, fund.clock() - timedelta(days=300))
    await store_claims(fund, claim(fund, person, TABLETS._replace(acts=(CT_ON_THE_7TH,))))
    await store_checkup(fund, person, date(2026, 6, 1), "128")
    pharmacy = await fund.terminal(institution_code=PHARMACY)
    day = today(fund) - timedelta(days=2)
    await store_prescription_entry(fund, person, fund.clinic, TABLETS, prescribed_on=day)
    later = day + timedelta(days=1)
    await store_prescription_entry(
        fund,
        person,
        pharmacy,
        content(drug(code="990000201"), prescriber_code=OTHER_CLINIC),
        prescribed_on=later,
        dispensed_on=later,
        prescriber=OTHER_CLINIC,
    )
    return person


def files(fund: Fund, person: Person, **changes: Any) -> Message:
    months = {"first_month": f"{months_ago(fund, 12):%Y%m}", "last_month": f"{today(fund):%Y%m}"}
    return history_request(membership(person), **months | changes)


async def test_medicines_are_read_under_the_permit_of_the_tap(office: Office, patient: Person) -> None:
    await office.tap(patient, *FILES)
    result = await office.ask("YZKsiquc01req", files(office.fund, patient))
    assert (result.header.result_code, result.header.person.name) == ("1", patient.resident.name)
    [claimed], [dispensed], [prescribed] = (
        result.body.claim_months,
        result.body.dispensing_months,
        result.body.prescription_months,
    )
    assert (claimed.institution_code, claimed.institution_origin, claimed.in_or_out) == (CLINIC, "1", "2")
    assert claimed.month == f"{months_ago(office.fund, 3):%Y%m}"
    assert [one.code for day in claimed.days for one in day.medicines] == ["990000101"]
    assert (dispensed.institution_code, dispensed.institution_origin) == (PHARMACY, "2")
    assert (dispensed.prescriber_code, dispensed.prescriber_origin) == (OTHER_CLINIC, "2")
    assert (prescribed.institution_code, prescribed.prescriber_origin) == (CLINIC, "1")


async def test_the_record_names_the_operator_of_the_request(office: Office, patient: Person) -> None:
    await office.tap(patient, *FILES)
    await office.ask("YZKsiquc01req", files(office.fund, patient))
    record = (await office.fund.records("kind = 'history.medications'"))[-1]
    assert record["outcome"] == "answered"
    assert '"role": "doctor"' in record["detail"]
    assert record["operator"] == "架空 医師"


async def test_check_ups_are_read_too(office: Office, patient: Person) -> None:
    await office.tap(patient, *FILES)
    result = await office.ask("TKKsiquc01req", checkup_request(membership(patient)))
    [examined] = result.body.checkups
    assert (result.header.result_code, examined.examined_on) == ("1", date(2026, 6, 1))
    assert [(item.value, item.unit) for item in examined.items] == [("128", "mmHg")]


async def test_treatments_come_with_their_file_category(office: Office, patient: Person) -> None:
    await office.tap(patient, *FILES)
    category = FileCategory.MEDICINES_AND_TREATMENT_XML
    result = await office.ask("YZKsiquc01req", files(office.fund, patient, file_category=category))
    assert result.header.result_code == "1"
    [month] = result.body.claim_months
    done = {(day.dispensed_on, one.name) for day in month.days for one in day.treatments}
    day = months_ago(office.fund, 3) + timedelta(days=6)
    assert done == {(day, "受診"), (day, "画像診断")}


@pytest.mark.parametrize(
    ("operator", "consented", "code"),
    [
        (DOCTOR, (), "SHK-4002"),
        (DOCTOR, (Category.HEALTH_CHECKUP,), "SHK-4015"),
        (RECEPTION, FILES, "SHK-4016"),
        (None, FILES, "SHK-4001"),
    ],
    ids=["no consent", "another category", "reception", "nobody"],
)
async def test_medicines_are_refused_with_the_reason(
    office: Office, patient: Person, operator: Operator | None, consented: tuple[Category, ...], code: str
) -> None:
    await office.tap(patient, *consented)
    result = await office.ask("YZKsiquc01req", files(office.fund, patient), operator)
    assert (result.header.result_code, result.body.claim_months) == (code, ())


async def test_months_long_ago_are_refused(office: Office, patient: Person) -> None:
    await office.tap(patient, *FILES)
    request = files(office.fund, patient, first_month="201001", last_month="201002")
    assert (await office.ask("YZKsiquc01req", request)).header.result_code == "SHK-4018"


async def test_after_a_withdrawal_the_permit_is_forgotten(office: Office, patient: Person) -> None:
    await office.tap(patient, *FILES)
    [permit] = office.store.permits_for(**_key(patient), at=office.fund.clock())
    client = office.client()
    await in_thread(partial(client.end_consent, permit.permit_id, ConsentEnd(reason=EndReason.BY_PATIENT)))
    first = await office.ask("YZKsiquc01req", files(office.fund, patient))
    second = await office.ask("YZKsiquc01req", files(office.fund, patient))
    assert [first.header.result_code, second.header.result_code] == ["SHK-4014", "SHK-4002"]


def _key(person: Person) -> dict[str, Any]:
    asked = membership(person)
    del asked["branch"]
    return asked


async def listed(office: Office, prefix: str, request: Message) -> Any:
    received = await office.ask(f"{prefix}01req", request)
    return await office.ask(f"{prefix}02req", results_request(received.body.reception_number))


async def test_home_visit_patients_of_every_terminal_are_listed_and_their_files_readable_here(
    office: Office, patient: Person, tmp_path: Path
) -> None:
    with TerminalStore.open(tmp_path / "other terminal") as store:
        await Office(office.fund, tmp_path, store).tap(patient, *FILES, care=Care.HOME_VISIT)
    unknown = await office.ask("YZKsiquc01req", files(office.fund, patient))
    assert unknown.header.result_code == "SHK-4002"

    day = today(office.fund)
    results = await listed(office, "OQSmuhvq", home_visit_request(day, day))

    [unit] = results.body.units
    [found] = unit.results
    assert (unit.status, unit.validity, found.name) == ("1", "1", patient.resident.name)
    assert (found.medicines.flag, found.medicines.available_until) == ("1", None)
    read = await office.ask("YZKsiquc01req", files(office.fund, patient))
    assert (read.header.result_code, read.header.person.name) == ("1", patient.resident.name)


async def test_patients_of_todays_online_consultations_are_listed(office: Office, patient: Person) -> None:
    await office.tap(patient, *FILES, care=Care.ONLINE)
    day = today(office.fund)
    search = {"examined_from": day, "examined_to": day, "care": Care.ONLINE}
    request = OnlineBulkRequest.model_validate({"header": header(), "body": {"search_info": search}})

    results = await listed(office, "OQSmuonq", request)

    [unit] = results.body.units
    [found] = unit.results
    assert (unit.status, unit.validity, found.name) == ("1", "1", patient.resident.name)
    assert found.medicines.available_until - found.medicines.consented_at == timedelta(hours=24)
    tomorrow = search | {"examined_from": day + timedelta(days=1), "examined_to": day + timedelta(days=1)}
    request = OnlineBulkRequest.model_validate({"header": header(), "body": {"search_info": tomorrow}})
    assert (await listed(office, "OQSmuonq", request)).header.results == 0


async def test_recipients_with_a_ticket_of_the_month_are_listed(office: Office) -> None:
    fund = office.fund
    welfare = await fund.admit_insurer("12137014", "架空市福祉事務所")
    person, day = fund.person(), today(fund)
    aid = {"certificate_kind": "A1", "symbol": None, "branch": None, "number": "0000018"}
    assert (await fund.enrol(person, credential=welfare, **aid)).status_code == 201
    ticket = {
        "recipient_number": "0000018",
        "birth_date": person.resident.birth_date.isoformat(),
        "month": f"{day:%Y-%m}",
        "institution_code": CLINIC,
        "ticket_type": "01",
        "treatment": "02",
        "valid_from": day.replace(day=1).isoformat(),
        "valid_to": day.isoformat(),
        "self_pay": 1500,
    }
    registered = await fund.post("/v1/medical-tickets", {"tickets": [ticket]}, welfare)
    assert registered.json()["tickets"] == [{"outcome": "registered"}]
    search = {"search_info": {"month": f"{day:%Y%m}"}}

    results = await listed(
        office, "OQSmutic", TicketBulkRequest.model_validate({"header": header(), "body": search})
    )

    [unit] = results.body.units
    [found] = unit.results
    assert (unit.status, unit.validity, found.number, found.branch) == ("1", "1", "0000018", None)
    assert [(one.self_pay, one.valid_to) for one in found.medical_tickets] == [(1500, day)]
    record = (await fund.records("kind = 'eligibility.tickets'"))[-1]
    assert (record["operator"], record["outcome"]) == (DOCTOR.name, "answered")
