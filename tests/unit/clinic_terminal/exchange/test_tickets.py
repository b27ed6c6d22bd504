"""The recipients with a medical ticket for the facility in a month (OQSmutic)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from clinic_terminal.exchange import tickets
from clinic_terminal.messages.bulk import TicketBulkRequest
from eligibility_api.contract.codes import (
    CertificateKind,
    SingleOrCombined,
    TicketTreatment,
    TicketType,
    Validity,
)
from eligibility_api.contract.member import MedicalTicket
from eligibility_api.contract.tickets import TicketRecipient
from tests.builders.clinic.clinic_software import DOCTOR, ClinicSoftware, header
from tests.builders.clinic.samples import INSTITUTION, answer, enrolment

TICKET = MedicalTicket(
    ticket_type=TicketType.MEDICAL,
    month="2026-04",
    valid_from=date(2026, 4, 1),
    valid_to=date(2026, 4, 30),
    issue_number="2026-000001",
    institution_code=INSTITUTION,
    institution_name="架空診療所",
    treatment=TicketTreatment.OUTPATIENT,
    single_or_combined=SingleOrCombined.SINGLE,
    self_pay=5000,
)


def recipient(number: str = "0000018", **changes: Any) -> TicketRecipient:
    aided = enrolment(
        insurer_number="12137014",
        certificate_kind=CertificateKind.MEDICAL_AID,
        symbol=None,
        branch=None,
        number=number,
        medical_tickets=[TICKET],
    )
    return TicketRecipient(answer=answer(Validity.VALID, [aided], **changes), code=None)


def request(month: str = "202604") -> TicketBulkRequest:
    return TicketBulkRequest.model_validate({"header": header(), "body": {"search_info": {"month": month}}})


def listed(office: ClinicSoftware, month: str = "202604") -> Any:
    received = office.ask("OQSmutic01req", request(month))
    assert (received.header.segment_of_result, received.body.status) == ("1", "1")
    return office.results("OQSmutic", received.body.reception_number)


def test_every_recipient_has_a_unit_with_her_ticket(office: ClinicSoftware) -> None:
    office.fund.lists.recipients = [recipient(reference_number="P-1"), *(recipient() for _ in range(2))]
    result = listed(office)
    assert (result.header.results, result.header.succeeded, result.header.failed) == (3, 3, 0)
    unit = result.body.units[0]
    [found] = unit.results
    [ticket] = found.medical_tickets
    assert (unit.status, unit.validity, unit.reference_numbers) == ("1", "1", ("P-1",))
    assert (found.certificate_kind, found.insurer_number, found.number) == ("A1", "12137014", "0000018")
    assert (ticket.month, ticket.issue_number, ticket.self_pay, ticket.institution_flag) == (
        "202604",
        "2026-000001",
        5000,
        "0",
    )
    assert (found.medicines.flag, found.limit_consent) == ("0", "0")
    assert [query["month"] for query in office.fund.lists.queries] == ["2026-04"] * 2


def test_a_refused_recipient_is_an_error_of_that_person(office: ClinicSoftware) -> None:
    refused = TicketRecipient(answer=None, code="eligibility-not-confirmable")
    office.fund.lists.recipients = [refused, recipient()]
    result = listed(office)
    assert [(unit.status, unit.validity) for unit in result.body.units] == [("2", None), ("1", "1")]
    assert result.body.units[0].status_code == "SHK-3004"
    assert (result.header.succeeded, result.header.failed) == (1, 1)


@pytest.mark.parametrize("code", ["never-heard-of", None])
def test_an_outcome_that_is_not_known_is_an_unreadable_answer(
    office: ClinicSoftware, code: str | None
) -> None:
    office.fund.lists.recipients = [TicketRecipient(answer=None, code=code)]
    [unit] = listed(office).body.units
    assert (unit.status, unit.status_code) == ("2", "SHK-9007")


def test_a_month_without_tickets_is_an_empty_list(office: ClinicSoftware) -> None:
    result = listed(office)
    assert (result.header.segment_of_result, result.header.results, result.body.units) == ("1", 0, ())


@pytest.mark.parametrize("signed_in", [True, False])
def test_the_operator_is_named_if_somebody_is_set(office: ClinicSoftware, *, signed_in: bool) -> None:
    office.staff = DOCTOR if signed_in else None
    listed(office)
    asked = office.fund.headers[-1]
    assert (asked["operator-role"], "operator-name" in asked) == (
        ("doctor", True) if signed_in else ("reception", False)
    )


def test_a_long_list_is_refused(office: ClinicSoftware, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "MAX_PERSONS", 2)
    office.fund.lists.recipients = [recipient() for _ in range(2)]
    assert listed(office).header.results == 2
    office.fund.lists.recipients.append(recipient())
    result = listed(office)
    assert (result.header.segment_of_result, result.header.error_code) == ("9", "SHK-1004")


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        ("lost", "SHK-9006"),
        ("unreadable", "SHK-9007"),
        ("as-of-out-of-range", "SHK-1006"),
        ("right-missing", "SHK-2004"),
    ],
)
def test_what_concerns_the_whole_list_fails_it(office: ClinicSoftware, failure: str, code: str) -> None:
    office.fund.lists.recipients = [recipient()]
    office.fund.failures["/v1/medical-tickets"] = [failure]
    result = listed(office)
    assert (result.header.segment_of_result, result.header.error_code) == ("9", code)
    assert (result.body.units, result.header.results) == ((), None)
    assert listed(office).header.results == 1


def test_a_reception_of_another_kind_is_unknown(office: ClinicSoftware) -> None:
    number = office.ask("OQSmutic01req", request()).body.reception_number
    result = office.results("OQSmuhvq", number)
    assert (result.header.segment_of_result, result.header.error_code) == ("9", "SHK-1005")
