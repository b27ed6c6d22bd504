"""The exchange with a real fund: look-ups, taps with consents, reference numbers, bulk requests, medical files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from clinic_terminal.exchange.answering import Exchange
from clinic_terminal.exchange.face import Tap, record_tap
from clinic_terminal.exchange.operator import Operator
from clinic_terminal.messages.bulk import OnlineBulkRequest, TicketBulkRequest
from clinic_terminal.messages.codes import FileCategory
from clinic_terminal.messages.eligibility import SearchInfo
from clinic_terminal.messages.headers import Message
from clinic_terminal.messages.references import Registration
from clinic_terminal.messages.registry import MESSAGES
from clinic_terminal.store import TerminalStore
from clinic_terminal.timings import Stopwatch
from clinic_terminal.visit.consent import ConsentProposal
from clinic_terminal.visit.tap import TapOutcome, TapRequest, tap
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Care, Category, EndReason, Role
from eligibility_api.contract.consent import ConsentCare, ConsentEnd
from eligibility_api.domain.claims import Act
from eligibility_api.domain.dates import day_in_japan
from jpki_mock.card.image import save_image
from jpki_mock.card.in_process import open_card
from tests.builders.batches import run_until_idle
from tests.builders.claims import (
    claim,
    months_ago,
    set_known_since,
    store_checkup,
    store_claims,
    store_prescription_entry,
)
from tests.builders.clinic.clinic_software import (
    bulk_reference_request,
    bulk_request,
    checkup_request,
    eligibility_request,
    header,
    history_request,
    home_visit_request,
    reference_request,
    registration,
    results_request,
    search_info,
)
from tests.builders.clinic.scripted_prompts import ScriptedPrompts
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC, INSURER, OTHER_CLINIC
from tests.builders.in_process import InProcessTransport, in_thread
from tests.builders.known import PHARMACY, content, drug
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

PIN = "4321"
DOCTOR = Operator(Role.DOCTOR, "架空 医師")
RECEPTION = Operator(Role.RECEPTION, "架空 受付")
FILES = (Category.MEDICATION, Category.PRESCRIPTION, Category.TREATMENT, Category.HEALTH_CHECKUP)
TABLETS = content(drug(), institution_name="架空診療所")
CT_ON_THE_7TH = Act(code="170011810", quantity=None, act="70", times=1, days=((7, 1),))


@dataclass
class Office:
    """A clinic's software and reader at one terminal of the real fund."""

    fund: Fund
    home: Path
    store: TerminalStore

    def client(self) -> FundClient:
        transport = InProcessTransport(self.fund.app)
        return FundClient("http://fund.test", self.fund.clinic, clock=self.fund.clock, transport=transport)

    async def ask(
        self,
        prefix: str,
        request: Message,
        operator: Operator | None = DOCTOR,
        client: FundClient | None = None,
    ) -> Any:
        """The result of a request; not typed, since a prefix decides the type."""
        exchange = Exchange(client or self.client(), self.store, clock=self.fund.clock)
        return await in_thread(partial(exchange.answer, MESSAGES[prefix], request, operator))

    async def tap(self, person: Person, *categories: Category, care: ConsentCare = Care.OUTPATIENT) -> Any:
        """The message of a tap with the right PIN, and a consent to these categories."""
        card = self.home / f"{person.resident.resident_id}.json"
        save_image(person.card, card)
        proposal = ConsentProposal(categories, care) if categories else None
        outcome = await in_thread(partial(self._tap, card, TapRequest(consent=proposal)))
        tapped = Tap(outcome, CLINIC, self.fund.clock(), "ArnHCeDfNjMCFzg=")
        return await in_thread(partial(record_tap, self.store, tapped))

    def _tap(self, card: Path, request: TapRequest) -> TapOutcome:
        return tap(open_card(card), self.client(), ScriptedPrompts([PIN]), request, Stopwatch())


@pytest.fixture
async def office(fund: Fund, tmp_path: Path) -> AsyncIterator[Office]:
    with TerminalStore.open(tmp_path / "terminal", answer_days=30) as store:
        yield Office(fund, tmp_path, store)


def membership(person: Person, **changes: Any) -> dict[str, Any]:
    """The membership under which `Fund.enrol` enrols a person."""
    items = {
        "insurer_number": INSURER,
        "symbol": "見本",
        "number": person.resident.resident_id[1:],
        "branch": "00",
    }
    return items | changes


def of(person: Person, **changes: Any) -> SearchInfo:
    return search_info(**membership(person, birth_date=person.resident.birth_date) | changes)


def registered(person: Person, **changes: Any) -> Registration:
    return registration(**membership(person) | changes)


def today(fund: Fund) -> date:
    return day_in_japan(fund.clock())


def look_up(fund: Fund, person: Person, day: date | None = None, **changes: Any) -> Message:
    head = {"qualification_confirmation_date": day or today(fund)}
    return eligibility_request(head, **dict(of(person, **changes)))


async def test_a_look_up_has_the_persons_insurance(office: Office) -> None:
    person = await office.fund.insured()
    result = await office.ask("OQSsiquc01req", look_up(office.fund, person))
    [found] = result.body.results
    assert (result.header.segment_of_result, result.body.validity) == ("1", "1")
    assert (found.name, found.name_kana) == (person.resident.name, "ｼｹﾝ ﾐﾎﾝ")
    assert (found.insurer_number, found.number, found.branch) == (
        INSURER,
        person.resident.resident_id[1:],
        "00",
    )


@pytest.mark.parametrize(
    ("changes", "days", "outcome"),
    [
        ({"number": "no-such"}, 0, ("1", None, "1", "4", None)),
        ({"insurer_number": "01130013"}, 0, ("1", None, "2", None, "SHK-3011")),
        ({}, 400, ("9", "SHK-1006", None, None, None)),
        ({}, -2_200, ("9", "SHK-1006", None, None, None)),
    ],
    ids=["nobody", "check digit", "far ahead", "long ago"],
)
async def test_bad_input_has_its_outcome(
    office: Office, changes: dict[str, Any], days: int, outcome: tuple[str | None, ...]
) -> None:
    person = await office.fund.insured()
    day = today(office.fund) + timedelta(days=days)
    result = await office.ask("OQSsiquc01req", look_up(office.fund, person, day, **changes))
    header, body = result.header, result.body
    assert (
        header.segment_of_result,
        header.error_code,
        body.status,
        body.validity,
        body.status_code,
    ) == outcome


async def test_a_family_without_branch_is_ambiguous(office: Office) -> None:
    one, other = office.fund.person(), office.fund.person()
    await office.fund.enrol(one, branch="01")
    await office.fund.enrol(other, number=one.resident.resident_id[1:], branch="02")
    result = await office.ask("OQSsiquc01req", look_up(office.fund, one, branch=None))
    assert (result.body.validity, result.body.results) == ("5", ())


async def test_a_terminal_that_is_no_longer_admitted_gets_no_answer(office: Office) -> None:
    person, closed = await office.fund.insured(), await office.fund.terminal()
    await office.fund.owner.fetch(
        "UPDATE client SET closed_at = now() WHERE client_id = $1::text::uuid", [closed.client_id]
    )
    client = FundClient(
        "http://fund.test", closed, clock=office.fund.clock, transport=InProcessTransport(office.fund.app)
    )
    result = await office.ask("OQSsiquc01req", look_up(office.fund, person), client=client)
    assert (result.header.segment_of_result, result.body.validity) == ("9", None)
    assert result.header.error_code.startswith("SHK-2")


async def test_a_tap_without_consent_has_every_flag_0_but_the_limit_certificates(office: Office) -> None:
    face = await office.tap(await office.fund.insured(pin=PIN))
    [found] = face.body.results
    assert (face.header.reference_classification, face.body.status, face.body.validity) == ("1", "1", "1")
    assert (found.limit_consent, found.limit_consented_at) == ("1", face.header.process_execution_time)
    assert (found.medicines.flag, found.disease_consent.flag) == ("0", "0")


async def test_a_tap_with_consent_has_the_day_of_access(office: Office) -> None:
    face = await office.tap(await office.fund.insured(pin=PIN), *FILES)
    [found] = face.body.results
    triple = found.medicines
    assert triple.flag == "1"
    assert triple.available_until - triple.consented_at == timedelta(hours=24)
    assert [found.health_checkups.flag, found.treatments.flag, found.operations.flag] == ["1", "1", "0"]


async def test_an_expired_certificate_is_a_remark_on_a_valid_answer(office: Office) -> None:
    face = await office.tap(await office.fund.expiring(-20, pin=PIN))
    assert (face.body.status, face.body.validity, face.body.status_code) == ("1", "1", "SHK-0002")


async def test_a_revoked_card_is_an_error_of_the_person(office: Office) -> None:
    face = await office.tap(await office.fund.expiring(-200, pin=PIN))
    assert (face.header.segment_of_result, face.body.status, face.body.validity) == ("1", "2", None)
    assert face.body.status_code == "SHK-5027"


async def test_an_unregistered_card_is_an_error_of_the_person(office: Office) -> None:
    person = office.fund.person(pin=PIN)
    await office.fund.enrol(person)
    face = await office.tap(person)
    assert (face.body.status, face.body.status_code, face.body.validity) == ("2", "SHK-5039", None)


async def test_a_fund_without_jlis_is_a_technical_failure(office: Office) -> None:
    person = office.fund.person(pin=PIN)
    await office.fund.enrol(person)
    office.fund.jlis_connection.cut = True
    face = await office.tap(person)
    assert (face.header.segment_of_result, face.body.status, face.body.validity) == ("9", None, None)
    assert face.header.error_code.startswith("SHK-9")


async def test_a_reference_number_is_in_later_answers(office: Office) -> None:
    person = await office.fund.insured(pin=PIN)
    request = reference_request(**dict(registered(person, reference_number="P-77")))
    result = await office.ask("OQSsiimm01req", request)
    assert (result.body.status, result.body.status_code) == ("1", None)
    found = await office.ask("OQSsiquc01req", look_up(office.fund, person))
    face = await office.tap(person)
    assert (found.body.reference_number, face.body.reference_number) == ("P-77", "P-77")


async def test_many_reference_numbers_have_an_outcome_each(office: Office) -> None:
    person = await office.fund.insured()
    rows = [registered(person, reference_number="B-1"), registered(person, number="no-such")]
    received = await office.ask("OQSmuimm01req", bulk_reference_request(*rows))
    results = await office.ask("OQSmuimm02req", results_request(received.body.reception_number))
    assert [(unit.status, unit.status_code) for unit in results.body.units] == [
        ("1", None),
        ("2", "SHK-3005"),
    ]


async def test_a_bulk_is_processing_and_then_has_a_unit_for_each_person(office: Office) -> None:
    fund = office.fund
    person = await fund.insured()
    await office.ask("OQSsiquc01req", look_up(fund, person, limit_consent="1"))
    rows = [
        of(person, limit_consent="1"),
        of(person, number="no-such"),
        of(person, insurer_number="01130013"),
        of(await fund.insured()),
    ]
    received = await office.ask("OQSmuquc01req", bulk_request(*rows))
    number = received.body.reception_number
    processing = await office.ask("OQSmuquc02req", results_request(number))
    assert (processing.header.segment_of_result, processing.body.units) == ("2", ())
    await run_until_idle(fund)
    results = await office.ask("OQSmuquc02req", results_request(number))
    units = results.body.units
    assert [unit.search_info for unit in units] == rows
    assert [unit.validity for unit in units] == ["1", "4", None, "1"]
    assert [unit.status_code for unit in units] == [None, None, "SHK-3011", None]
    assert [one.limit_certificate_changed for unit in units for one in unit.results] == ["0", "1"]
    assert (results.header.results, results.header.succeeded, results.header.failed) == (4, 3, 1)


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
