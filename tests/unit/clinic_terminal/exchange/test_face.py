"""The message of a tap, and what the terminal keeps of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

import pytest

from clinic_terminal.card.errors import CardError
from clinic_terminal.errors import CATALOGUE, SHOWN_CATALOGUE, TerminalError
from clinic_terminal.exchange.face import Tap, record_tap
from clinic_terminal.store.records import Way
from clinic_terminal.visit.consent import ConsentOutcome
from clinic_terminal.visit.tap import TapOutcome
from eligibility_api.contract.codes import Care, Category, Validity
from eligibility_api.contract.consent import Allowed, Basis, ConsentAnswer
from eligibility_api.contract.eligibility import CertificateRenewal, EligibilityAnswer
from eligibility_api.contract.errors import ErrorKind
from tests.builders.clinic.clinic_software import ClinicSoftware
from tests.builders.clinic.samples import (
    INSTITUTION,
    NOW,
    answer,
    ended_enrolment,
    enrolment,
    outcome,
    timings,
)

CONSENT = UUID("019ab000-0000-7000-8000-0000000000c1")
TOMORROW = NOW + timedelta(hours=24)
TOKEN = "ArnHCeDfNjMCFzg="
FUND_PROBLEMS = [
    code
    for code, entry in SHOWN_CATALOGUE.items()
    if entry.kind in (ErrorKind.REFUSAL, ErrorKind.REGISTRATION) and code.startswith(("card", "certificate"))
]


def tapped(office: ClinicSoftware, of: TapOutcome, **changes: Any) -> Any:
    fields: dict[str, Any] = {"institution_code": INSTITUTION, "at": NOW, "identifier": TOKEN}
    return record_tap(office.store, Tap(of, **fields | changes))


def with_consent(
    *categories: Category,
    care: Care = Care.OUTPATIENT,
    until: Any = TOMORROW,
    of: EligibilityAnswer | None = None,
) -> TapOutcome:
    eligibility = of or answer()
    given = ConsentAnswer(
        consent_id=CONSENT,
        basis=Basis.PIN,
        care=care,
        allowed=[Allowed(category=one, given_at=NOW, available_until=until) for one in categories],
        record_id="record",
        eligibility=eligibility,
    )
    return TapOutcome(timings(), eligibility, consent=ConsentOutcome(given))


def test_a_tap_has_classification_1_and_the_fields_form(office: ClinicSoftware) -> None:
    face = tapped(office, outcome(answer(reference_number="P-1")))
    header, body = face.header, face.body
    assert (header.reference_classification, header.segment_of_result) == ("1", "1")
    assert (header.medical_institution_code, header.arbitrary_file_identifier) == (INSTITUTION, TOKEN)
    assert (header.process_execution_time, header.qualification_confirmation_date) == (NOW, date(2026, 4, 1))
    assert (body.status, body.validity, body.reference_number) == ("1", "1", "P-1")
    assert (body.status_code, body.search_info, body.confirmation_key) == (None, None, None)


@pytest.mark.parametrize(
    ("validity", "results"),
    [
        (Validity.VALID, [enrolment(), enrolment(number="2")]),
        (Validity.INVALID, [ended_enrolment()]),
        (Validity.NOT_FOUND, []),
        (Validity.VALID_UNREGISTERED, [enrolment()]),
    ],
    ids=["two results", "ended", "nobody", "unregistered"],
)
def test_each_validity_has_its_results(
    office: ClinicSoftware, validity: Validity, results: list[Any]
) -> None:
    body = tapped(office, outcome(answer(validity, results))).body
    assert (body.validity, [one.number for one in body.results]) == (validity, [e.number for e in results])


def test_the_limit_certificates_flag_has_the_instant_of_the_tap(office: ClinicSoftware) -> None:
    shown = enrolment(limit_certificate_consent=True, limit_certificate_consent_at=NOW)
    [result] = tapped(office, outcome(answer(results=[shown]))).body.results
    assert (result.limit_consent, result.limit_consented_at) == ("1", NOW)


def test_what_the_patient_allowed_has_its_triple_in_every_result(office: ClinicSoftware) -> None:
    of = answer(results=[enrolment(), enrolment(number="2")])
    face = tapped(office, with_consent(Category.MEDICATION, Category.HEALTH_CHECKUP, of=of))
    for result in face.body.results:
        assert (result.medicines.flag, result.medicines.consented_at) == ("1", NOW)
        assert result.medicines.available_until == TOMORROW
        assert (result.health_checkups.flag, result.treatments.flag, result.operations.flag) == (
            "1",
            "0",
            "0",
        )
        assert result.treatments.consented_at is None


@pytest.mark.parametrize(("status", "code"), [("expiring", "SHK-0001"), ("grace", "SHK-0002")])
def test_an_expired_certificate_is_a_remark_on_a_successful_answer(
    office: ClinicSoftware, status: Literal["expiring", "grace"], code: str
) -> None:
    renewal = CertificateRenewal(status=status, expires_on=date(2026, 3, 2), renew_by=date(2026, 6, 30))
    body = tapped(office, outcome(answer(certificate_renewal=renewal))).body
    assert (body.status, body.validity, body.status_code) == ("1", "1", code)
    assert "2026年3月2日" in body.status_message


@pytest.mark.parametrize("code", FUND_PROBLEMS)
def test_a_refused_card_is_an_error_of_the_person_without_validity(office: ClinicSoftware, code: str) -> None:
    face = tapped(office, outcome(problem=TerminalError(code)))
    assert (face.header.segment_of_result, face.header.reference_classification) == ("1", "1")
    assert (face.body.status, face.body.validity, face.body.results) == ("2", None, ())
    assert face.body.status_code.startswith("SHK-5")
    assert face.header.arbitrary_file_identifier == TOKEN


def test_a_technical_failure_is_an_error_of_the_message(office: ClinicSoftware) -> None:
    day = date(2026, 3, 30)
    face = tapped(office, outcome(problem=TerminalError("revocation-unavailable", retry_after=20)), as_of=day)
    assert (face.header.segment_of_result, face.header.error_code) == ("9", "SHK-9001")
    assert "20秒後" in face.header.error_message
    assert face.header.qualification_confirmation_date == day
    assert (face.body.status, face.body.validity) == (None, None)


@pytest.mark.parametrize(
    "of",
    [outcome(), outcome(problem=CardError("pin-locked")), outcome(problem=CardError("card-removed"))],
    ids=["given up", "PIN", "reader"],
)
def test_what_never_reached_the_fund_leaves_no_message(office: ClinicSoftware, of: TapOutcome) -> None:
    assert tapped(office, of) is None
    codes = [visit.code for visit in office.store.visits(date(2026, 4, 1))]
    assert codes == ([] if of.problem is None else [of.problem.code])


def test_no_error_of_the_reader_reaches_the_folder(office: ClinicSoftware) -> None:
    codes = [code for code, entry in CATALOGUE.items() if entry.kind is ErrorKind.CARD]
    assert len(codes) > 10
    assert {tapped(office, outcome(problem=TerminalError(code))) for code in codes} == {None}


def test_a_refused_consent_leaves_the_answer(office: ClinicSoftware) -> None:
    refused = ConsentOutcome(problem=TerminalError("consent-certificate-expired"))
    face = tapped(office, TapOutcome(timings(), answer(), consent=refused))
    assert (face.body.status, face.body.validity) == ("1", "1")
    assert face.body.results[0].medicines.flag == "0"


def test_a_tap_with_consent_keeps_its_permit(office: ClinicSoftware) -> None:
    of = answer(results=[enrolment(), enrolment(number="2", branch="01")], reference_number="P-1")
    tapped(office, with_consent(Category.SPECIFIC_DISEASES, Category.MEDICATION, of=of))
    for number in ("345", "2"):
        [permit] = office.store.permits_for(insurer_number="01130012", symbol="12", number=number, at=NOW)
        assert permit.permit_id == CONSENT
        assert (permit.care, permit.categories) == (Care.OUTPATIENT, (Category.MEDICATION,))
        assert (permit.given_at, permit.available_until) == (NOW, TOMORROW)
        assert (permit.person.name, permit.person.sex) == ("架空 花子", "2")
    assert len(office.store.permits_by_reference("P-1", NOW)) == 1


def test_a_consent_that_opens_no_file_keeps_no_permit(office: ClinicSoftware) -> None:
    tapped(office, with_consent(Category.SPECIFIC_DISEASES, until=None))
    assert office.store.permits_for(insurer_number="01130012", symbol="12", number="345", at=NOW) == ()


@pytest.mark.parametrize(
    ("operator", "way"), [(None, Way.CARD), ("見本 受付", Way.VISUAL)], ids=["PIN", "visual"]
)
def test_a_tap_is_kept_as_todays_visit(office: ClinicSoftware, operator: str | None, way: Way) -> None:
    tapped(office, outcome(answer()), operator=operator)
    [visit] = office.store.visits(date(2026, 4, 1))
    assert (visit.way, visit.operator, visit.answer) == (way, operator, answer())


def test_a_store_that_cannot_be_written_costs_no_message(
    office: ClinicSoftware, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise TerminalError("store-failed")

    monkeypatch.setattr(office.store, "keep_visit", full)
    assert tapped(office, outcome(answer())).body.validity == "1"
    assert caplog.messages == ["a tap was not kept: store-failed"]
