"""照会番号登録: one, and many under a reception number."""

from __future__ import annotations

from typing import Any

import pytest

from clinic_terminal.messages import json_codec
from clinic_terminal.messages.bulk import BulkReferenceRequest
from tests.builders.clinic.clinic_software import (
    FILE,
    ClinicSoftware,
    bulk_reference_request,
    reference_request,
    registration,
)

BULK = "/v1/reference-numbers/bulk"


def register(office: ClinicSoftware, **changes: Any) -> Any:
    return office.ask("OQSsiimm01req", reference_request(**changes))


def test_a_registered_number_is_answered_with_its_registration(office: ClinicSoftware) -> None:
    result = register(office)
    assert (result.header.segment_of_result, result.header.arbitrary_file_identifier) == ("1", FILE)
    assert (result.body.status, result.body.status_code) == ("1", None)
    assert result.body.registration == registration()


def test_the_fund_gets_the_number_without_a_birth_date(office: ClinicSoftware) -> None:
    register(office, symbol=None)
    assert office.fund.bodies[-1]["registrations"] == [
        {"reference_number": "P-1", "insurer_number": "01130012", "number": "345", "branch": "00"}
    ]


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        ("reference-not-found", "SHK-3005"),
        ("reference-several-found", "SHK-3006"),
        ("number-miss-limit", "SHK-2013"),
    ],
)
def test_a_number_that_is_not_registered_is_an_error_of_the_person(
    office: ClinicSoftware, outcome: str, code: str
) -> None:
    office.fund.reference_outcomes["P-1"] = outcome
    result = register(office)
    assert (result.header.segment_of_result, result.body.status, result.body.status_code) == ("1", "2", code)
    assert result.body.registration == registration()


def test_numbers_that_cannot_exist_are_not_sent(office: ClinicSoftware) -> None:
    result = register(office, insurer_number="01130019")
    assert (result.body.status, result.body.status_code) == ("2", "SHK-3011")
    assert BULK not in office.fund.calls


@pytest.mark.parametrize(("failure", "code"), [("lost", "SHK-9006"), ("right-missing", "SHK-2004")])
def test_a_failure_of_transport_registers_nothing(office: ClinicSoftware, failure: str, code: str) -> None:
    office.fund.failures[BULK] = [failure]
    result = register(office)
    assert (result.header.segment_of_result, result.header.error_code) == ("9", code)
    assert (result.body.registration, result.body.status) == (None, None)


def test_an_answer_that_lacks_an_outcome_is_a_technical_failure(office: ClinicSoftware) -> None:
    office.fund.drop_references = True
    assert register(office).header.error_code == "SHK-9007"


def test_many_have_a_reception_and_then_an_outcome_each(office: ClinicSoftware) -> None:
    office.fund.reference_outcomes["B-2"] = "reference-not-found"
    sent = [registration(reference_number=f"B-{number}") for number in (1, 2, 3)]
    sent[2] = registration(reference_number="B-3", insurer_number="01130019")
    received = office.ask("OQSmuimm01req", bulk_reference_request(*sent))
    assert (received.header.segment_of_result, received.body.reception_number) == ("1", "R1")
    assert received.body.received_at == received.header.process_execution_time

    results = office.results("OQSmuimm", "R1")
    assert [unit.registration for unit in results.body.units] == sent
    assert [(unit.status, unit.status_code) for unit in results.body.units] == [
        ("1", None),
        ("2", "SHK-3005"),
        ("2", "SHK-3011"),
    ]
    header = results.header
    assert (header.segment_of_result, header.reception_number, header.arbitrary_file_identifier) == (
        "1",
        "R1",
        FILE,
    )
    assert (header.results, header.succeeded, header.failed) == (3, 1, 2)


def test_more_than_a_thousand_are_sent_in_parts(office: ClinicSoftware) -> None:
    rows = [registration(reference_number=f"B-{number}") for number in range(1_001)]
    number = office.ask("OQSmuimm01req", bulk_reference_request(*rows)).body.reception_number
    assert [len(body["registrations"]) for body in office.fund.bodies] == [1_000, 1]
    units = office.results("OQSmuimm", number).body.units
    assert [unit.registration.reference_number for unit in units] == [row.reference_number for row in rows]


def test_a_failure_midway_makes_no_reception(office: ClinicSoftware) -> None:
    office.fund.failures[BULK] = ["lost"]
    received = office.ask("OQSmuimm01req", bulk_reference_request(registration()))
    assert (received.header.segment_of_result, received.header.error_code) == ("9", "SHK-9006")
    assert received.body.reception_number is None
    assert office.results("OQSmuimm", "R1").header.error_code == "SHK-1005"


def test_a_registration_that_cannot_be_read_has_its_own_outcome(office: ClinicSoftware) -> None:
    sent = [registration(reference_number=f"B-{number}") for number in (1, 2, 3)]
    made = json_codec.to_document(bulk_reference_request(*sent))
    made["XmlMsg"]["MessageBody"]["ReferenceNumberRegistrationInfo"][1]["InsuredIdentificationNumber"] = None
    request = json_codec.decode(made, BulkReferenceRequest).message
    number = office.ask("OQSmuimm01req", request).body.reception_number
    assert [row["reference_number"] for row in office.fund.bodies[-1]["registrations"]] == ["B-1", "B-3"]
    units = office.results("OQSmuimm", number).body.units
    assert [unit.status_code for unit in units] == [None, "SHK-3012", None]
    assert [unit.registration.reference_number for unit in units] == ["B-1", "B-2", "B-3"]
    assert units[1].status_message.endswith("（InsuredIdentificationNumber）")
