"""The exchange with a real fund: look-ups, taps with consents, reference numbers, bulk requests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from clinic_terminal.store import TerminalStore
from eligibility_api.contract.client import FundClient
from tests.builders.batches import run_until_idle
from tests.builders.clinic.clinic_software import (
    bulk_reference_request,
    bulk_request,
    reference_request,
    results_request,
)
from tests.builders.clinic.office import FILES, PIN, Office, look_up, of, registered, today
from tests.builders.fund import Fund
from tests.builders.fund_clients import INSURER
from tests.builders.in_process import InProcessTransport

pytestmark = pytest.mark.anyio


@pytest.fixture
def office(fund: Fund, tmp_path: Path) -> Iterator[Office]:
    with TerminalStore.open(tmp_path / "terminal", answer_days=30) as store:
        yield Office(fund, tmp_path, store)


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
