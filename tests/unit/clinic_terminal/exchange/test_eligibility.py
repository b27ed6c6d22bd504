"""資格確認 by the items of a certificate: each validity, every failure, and what the fund is asked."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from clinic_terminal.errors import TerminalError
from clinic_terminal.messages.codes import LimitConsent
from eligibility_api.contract.codes import CertificateKind, Validity
from tests.builders.clinic.clinic_software import (
    DAY,
    FILE,
    ClinicSoftware,
    eligibility_request,
    search_info,
)
from tests.builders.clinic.samples import INSTITUTION, NOW, answer, ended_enrolment, enrolment

PATH = "/v1/eligibility/number"
SIX, EIGHT_ZEROS = "138057", "00138057"


def ask(office: ClinicSoftware, of: dict[str, Any] | None = None, **changes: Any) -> Any:
    return office.ask("OQSsiquc01req", eligibility_request(of, **changes))


@pytest.mark.parametrize(
    ("validity", "results", "reason"),
    [
        (Validity.VALID, [enrolment()], None),
        (Validity.VALID, [enrolment(), enrolment(certificate_kind=CertificateKind.MEDICAL_AID)], None),
        (Validity.INVALID, [ended_enrolment()], "03"),
        (Validity.INVALID_NEWER_EXISTS, [ended_enrolment()], "03"),
        (Validity.NOT_FOUND, [], None),
        (Validity.AMBIGUOUS, [], None),
        (Validity.VALID_UNREGISTERED, [enrolment(certificate_kind=CertificateKind.MEDICAL_AID)], None),
    ],
    ids=["valid", "valid, two results", "invalid", "newer exists", "not found", "ambiguous", "unregistered"],
)
def test_each_validity_is_an_answer(
    office: ClinicSoftware, validity: Validity, results: list[Any], reason: str | None
) -> None:
    office.fund.answer = answer(validity, results, reference_number="P-1" if results else None)
    result = ask(office)
    assert (result.header.segment_of_result, result.body.status) == ("1", "1")
    assert (result.body.validity, len(result.body.results)) == (validity, len(results))
    assert [one.reason_of_loss for one in result.body.results] == [reason] * len(results)
    assert result.body.reference_number == ("P-1" if results else None)
    assert (result.body.status_code, result.header.error_code) == (None, None)


def test_the_header_and_the_persons_items_are_repeated(office: ClinicSoftware) -> None:
    result = ask(office)
    header = result.header
    assert (header.medical_institution_code, header.arbitrary_file_identifier) == (INSTITUTION, FILE)
    assert (header.qualification_confirmation_date, header.reference_classification) == (DAY, "2")
    assert header.process_execution_time == NOW
    assert result.body.search_info == search_info()


@pytest.mark.parametrize(("flag", "sent"), [(LimitConsent.GIVEN, True), (LimitConsent.NOT_GIVEN, False)])
def test_the_fund_is_asked_for_these_items_on_this_day(
    office: ClinicSoftware, flag: LimitConsent, sent: bool
) -> None:
    ask(office, {"qualification_confirmation_date": date(2026, 3, 31)}, limit_consent=flag)
    assert office.fund.bodies[-1] == {
        "insurer_number": "01130012",
        "symbol": "12",
        "number": "345",
        "branch": "00",
        "birth_date": "1980-02-03",
        "as_of": "2026-03-31",
        "limit_certificate_consent": sent,
    }


@pytest.mark.parametrize("written", ["  138057", EIGHT_ZEROS, SIX])
def test_the_insurer_number_may_be_filled_up_with_spaces_or_zeros(
    office: ClinicSoftware, written: str
) -> None:
    ask(office, insurer_number=written)
    assert office.fund.bodies[-1]["insurer_number"] == SIX


def test_without_symbol_and_branch_none_is_sent(office: ClinicSoftware) -> None:
    ask(office, symbol=None, branch=None)
    assert not {"symbol", "branch"} & set(office.fund.bodies[-1])


@pytest.mark.parametrize(
    "changes",
    [
        {"insurer_number": "01130019"},
        {"insurer_number": "39131008", "branch": "01"},
        {"insurer_number": "12143210", "number": "1234567", "symbol": None, "branch": None},
    ],
    ids=["check digit", "branch of the late-elderly scheme", "recipient number"],
)
def test_numbers_that_cannot_exist_are_an_error_of_the_person_and_nothing_is_sent(
    office: ClinicSoftware, changes: dict[str, Any]
) -> None:
    result = ask(office, **changes)
    assert (result.header.segment_of_result, result.body.status) == ("1", "2")
    assert (result.body.status_code, result.body.validity) == ("SHK-3011", None)
    assert result.body.status_message.startswith("保険者番号")
    assert result.body.search_info is not None
    assert office.fund.calls == []


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        ("lost", "SHK-9006"),
        ("slow", "SHK-9006"),
        ("gateway", "SHK-9006"),
        ("unreadable", "SHK-9007"),
        ("overloaded", "SHK-9004"),
        ("database-unavailable", "SHK-9003"),
        ("internal", "SHK-9005"),
        ("number-miss-limit", "SHK-2013"),
        ("client-closed", "SHK-2005"),
        ("as-of-out-of-range", "SHK-1006"),
    ],
)
def test_a_failure_of_transport_is_an_error_of_the_whole_message(
    office: ClinicSoftware, failure: str, code: str
) -> None:
    office.fund.failures[PATH] = [failure]
    result = ask(office)
    assert (result.header.segment_of_result, result.header.error_code) == ("9", code)
    assert result.header.error_message
    assert (result.header.medical_institution_code, result.header.arbitrary_file_identifier) == (
        INSTITUTION,
        FILE,
    )
    assert result.body.model_dump(exclude_defaults=True) == {}


@pytest.mark.parametrize(
    ("failure", "code"), [("eligibility-not-confirmable", "SHK-3004"), ("my-number-refused", "SHK-3002")]
)
def test_a_refusal_concerns_the_person(office: ClinicSoftware, failure: str, code: str) -> None:
    office.fund.failures[PATH] = [failure]
    result = ask(office)
    assert (result.header.segment_of_result, result.header.error_code) == ("1", None)
    assert (result.body.status, result.body.status_code, result.body.validity) == ("2", code, None)
    assert result.body.search_info == search_info()


def test_a_failed_sign_in_is_no_answer_about_the_person(office: ClinicSoftware) -> None:
    office.fund.failures["/v1/token"] = ["assertion-invalid"]
    result = ask(office)
    assert (result.header.segment_of_result, result.header.error_code) == ("9", "SHK-2008")
    assert result.body.validity is None


def test_another_institution_is_refused_before_anything_is_sent(office: ClinicSoftware) -> None:
    result = ask(office, {"medical_institution_code": "0110113719"})
    assert (result.header.segment_of_result, result.header.error_code) == ("9", "SHK-1001")
    assert result.header.medical_institution_code == INSTITUTION
    assert office.fund.calls == []


def test_an_answer_that_no_message_can_carry_is_a_technical_failure(office: ClinicSoftware) -> None:
    office.fund.answer = answer(results=[enrolment(number="9" * 21)])
    result = ask(office)
    assert (result.header.segment_of_result, result.header.error_code) == ("9", "SHK-9007")


def test_an_answer_about_a_person_is_kept_as_todays_visit(office: ClinicSoftware) -> None:
    ask(office)
    office.fund.answer = answer(Validity.NOT_FOUND, [])
    ask(office)
    [kept] = office.store.visits((NOW + timedelta(hours=9)).date())
    assert kept.answer is not None
    assert kept.answer.results == [enrolment()]


def test_a_store_that_cannot_be_written_costs_no_answer(
    office: ClinicSoftware, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise TerminalError("store-failed")

    monkeypatch.setattr(office.store, "record_visit", full)
    assert ask(office).body.validity == "1"
    assert caplog.messages == ["a visit was not kept: store-failed"]
