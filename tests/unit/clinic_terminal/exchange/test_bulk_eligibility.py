"""資格確認一括照会: reception, "processing", and one unit for each person."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from clinic_terminal.errors import TerminalError
from clinic_terminal.messages import json_codec
from clinic_terminal.messages.bulk import BulkEligibilityRequest
from clinic_terminal.messages.codes import LimitConsent
from eligibility_api.contract.codes import LimitCertificateKind, LimitClass, Validity
from eligibility_api.contract.eligibility import UnchangedAnswer
from eligibility_api.contract.member import LimitCertificate
from tests.builders.clinic.clinic_software import (
    DAY,
    FILE,
    ClinicSoftware,
    bulk_request,
    search_info,
)
from tests.builders.clinic.fake_batches import BATCH_ID
from tests.builders.clinic.samples import NOW, answer, enrolment

BATCHES = "/v1/eligibility/batches"
AGREED = LimitConsent.GIVEN
WRONG = search_info(insurer_number="01130019", arbitrary_identifier="wrong")


def accepted(office: ClinicSoftware, *persons: Any) -> str:
    result = office.ask("OQSmuquc01req", bulk_request(*persons or (search_info(),)))
    assert (result.header.segment_of_result, result.body.status) == ("1", "1")
    number: str = result.body.reception_number
    return number


def done(office: ClinicSoftware, *persons: Any) -> Any:
    """The results, once the fund has finished."""
    office.fund.batches.polls_until_done = 0
    return office.results("OQSmuquc", accepted(office, *persons))


def limit(limit_class: LimitClass = LimitClass.U) -> LimitCertificate:
    return LimitCertificate(kind=LimitCertificateKind.LIMIT, limit_class=limit_class, valid_from=DAY)


def test_a_request_is_a_batch_of_the_fund_for_its_day(office: ClinicSoftware) -> None:
    accepted(office, search_info(), search_info(number="9", branch=None, limit_consent=AGREED))
    assert office.fund.batches.sent["as_of"] == "2026-04-01"
    rows = office.fund.batches.sent["rows"]
    assert [(row["number"], row.get("branch"), row["limit_certificate_consent"]) for row in rows] == [
        ("345", "00", False),
        ("9", None, True),
    ]


def test_while_the_fund_works_the_result_is_processing(office: ClinicSoftware) -> None:
    number = accepted(office)
    for _ in range(2):
        header = (processing := office.results("OQSmuquc", number)).header
        assert (header.segment_of_result, header.results, processing.body.units) == ("2", None, ())
        assert (header.reception_number, header.arbitrary_file_identifier) == (number, FILE)
    assert office.results("OQSmuquc", number).header.segment_of_result == "1"
    assert office.results("OQSmuquc", number).header.results == 1  # and may be asked again


def test_each_person_has_a_unit_in_the_order_of_the_request(office: ClinicSoftware) -> None:
    persons = [search_info(arbitrary_identifier=str(number)) for number in range(5)]
    office.fund.batches.answers = {
        "1": answer(results=[enrolment(), enrolment(number="2")], reference_number="P-1"),
        "2": answer(Validity.NOT_FOUND, []),
        "3": answer(Validity.AMBIGUOUS, []),
        "4": "eligibility-not-confirmable",
    }
    result = done(office, *persons[:2], WRONG, *persons[2:])
    units = result.body.units
    assert [unit.search_info.arbitrary_identifier for unit in units] == ["0", "1", "wrong", "2", "3", "4"]
    assert [unit.validity for unit in units] == ["1", "4", None, "5", None, "1"]
    assert [unit.status_code for unit in units] == [None, None, "SHK-3011", None, "SHK-3004", None]
    assert [len(unit.results) for unit in units] == [2, 0, 0, 0, 0, 1]
    assert units[0].reference_numbers == ("P-1",)
    header = result.header
    assert (header.results, header.succeeded, header.failed) == (6, 4, 2)
    assert header.qualification_confirmation_date == DAY


def test_numbers_that_cannot_exist_alone_make_no_batch(office: ClinicSoftware) -> None:
    result = office.results("OQSmuquc", accepted(office, WRONG))
    assert [unit.status_code for unit in result.body.units] == ["SHK-3011"]
    assert office.fund.calls == []


def with_rows(*changes: dict[str, str | None]) -> Any:
    """A request as it was read: each row of `search_info` with these elements changed, or None for one that is absent."""
    made = json_codec.to_document(bulk_request(*[search_info() for _ in changes]))
    rows = made["XmlMsg"]["MessageBody"]["QualificationConfirmSearchInfo"]
    for row, change in zip(rows, changes, strict=True):
        row.update(change)
    return json_codec.decode(made, BulkEligibilityRequest).message


def test_a_row_that_cannot_be_read_has_its_own_outcome_and_the_others_their_answers(
    office: ClinicSoftware,
) -> None:
    office.fund.batches.polls_until_done = 0
    request = with_rows(
        {"ArbitraryIdentifier": "first"},
        {"ArbitraryIdentifier": "second", "Birthdate": "19800230"},
        dict.fromkeys(("InsurerNumber", "InsuredIdentificationNumber", "Birthdate")),
        {"ArbitraryIdentifier": "fourth"},
    )
    number = office.ask("OQSmuquc01req", request).body.reception_number
    assert len(office.fund.batches.sent["rows"]) == 2
    result = office.results("OQSmuquc", number)
    units = result.body.units
    assert [unit.status_code for unit in units] == [None, "SHK-3012", "SHK-3012", None]
    assert [unit.validity for unit in units] == ["1", None, None, "1"]
    assert units[1].search_info.arbitrary_identifier == "second"
    assert units[1].status_message.endswith("（Birthdate）")
    assert units[2].status_message.endswith("（InsurerNumber）")
    assert (result.header.results, result.header.succeeded, result.header.failed) == (4, 2, 2)


def test_rows_of_which_none_can_be_read_ask_nothing(office: ClinicSoftware) -> None:
    number = office.ask("OQSmuquc01req", with_rows({"Birthdate": None})).body.reception_number
    assert [unit.status_code for unit in office.results("OQSmuquc", number).body.units] == ["SHK-3012"]
    assert office.fund.calls == []


@pytest.mark.parametrize(
    ("failure", "code"), [("batch-limit", "SHK-2014"), ("lost", "SHK-9006"), ("overloaded", "SHK-9004")]
)
def test_a_batch_that_is_not_accepted_has_no_reception(
    office: ClinicSoftware, failure: str, code: str
) -> None:
    office.fund.failures[BATCHES] = [failure]
    result = office.ask("OQSmuquc01req", bulk_request(search_info()))
    assert (result.header.segment_of_result, result.header.error_code) == ("9", code)
    assert (result.body.reception_number, result.body.received_at) == (None, None)


@pytest.mark.parametrize("path", [f"{BATCHES}/{BATCH_ID}", f"{BATCHES}/{BATCH_ID}/results"])
def test_results_that_cannot_be_fetched_are_an_error_and_can_be_asked_again(
    office: ClinicSoftware, path: str
) -> None:
    office.fund.batches.polls_until_done = 0
    number = accepted(office)
    office.fund.failures[path] = ["gateway"]
    failed = office.results("OQSmuquc", number)
    assert (failed.header.segment_of_result, failed.header.error_code) == ("9", "SHK-9006")
    assert (failed.header.reception_number, failed.body.units) == (number, ())
    assert office.results("OQSmuquc", number).header.segment_of_result == "1"


@pytest.mark.parametrize("prefix", ["OQSmuquc", "OQSmuimm", "OQSmuhvq"])
def test_an_unknown_reception_number_is_an_error(office: ClinicSoftware, prefix: str) -> None:
    result = office.results(prefix, "20260401000000000000")
    assert (result.header.segment_of_result, result.header.error_code) == ("9", "SHK-1005")


def test_the_reception_of_another_kind_is_unknown(office: ClinicSoftware) -> None:
    assert office.results("OQSmuimm", accepted(office)).header.error_code == "SHK-1005"


def test_a_reception_is_forgotten_after_a_week(office: ClinicSoftware) -> None:
    number = accepted(office)
    office.store.purge(NOW + timedelta(days=8))
    assert office.results("OQSmuquc", number).header.error_code == "SHK-1005"


def test_an_answer_that_is_missing_is_a_technical_failure(office: ClinicSoftware) -> None:
    office.fund.batches.polls_until_done = 0
    number = accepted(office, search_info(), search_info())
    office.fund.batches.sent["rows"].pop()
    assert office.results("OQSmuquc", number).header.error_code == "SHK-9007"


@pytest.mark.parametrize("code", ["a-code-of-a-later-version", "unchanged"])
def test_a_row_without_a_readable_answer_is_an_error_of_its_person(office: ClinicSoftware, code: str) -> None:
    unchanged = UnchangedAnswer(validity=Validity.VALID, as_of=DAY, answered_at=NOW, record_id="record")
    office.fund.batches.answers = {"1": unchanged if code == "unchanged" else code}
    [unit] = done(office).body.units
    assert (unit.status, unit.status_code, unit.validity) == ("2", "SHK-9007", None)


@pytest.mark.parametrize(
    ("former", "present", "asked", "changed"),
    [
        (limit(), limit(), AGREED, "0"),
        (None, None, AGREED, "0"),
        (limit(), limit(LimitClass.E), AGREED, "1"),
        (limit(), None, AGREED, "1"),
        (limit(), limit(), LimitConsent.NOT_GIVEN, "1"),
    ],
    ids=["same", "none before and now", "other class", "ended", "not agreed now"],
)
def test_the_limit_certificate_is_compared_with_the_last_answer(
    office: ClinicSoftware, former: Any, present: Any, asked: LimitConsent, changed: str
) -> None:
    known = enrolment(limit_certificate_consent=True, limit_certificate=former)
    office.store.record_visit(answer(results=[known]), NOW)
    agreed = enrolment(limit_certificate_consent=True, limit_certificate=present)
    office.fund.batches.answers = {"1": answer(results=[agreed])}
    [unit] = done(office, search_info(limit_consent=asked)).body.units
    assert [one.limit_certificate_changed for one in unit.results] == [changed]


def test_without_a_last_answer_nobody_knows_whether_it_changed(office: ClinicSoftware) -> None:
    [unit] = done(office, search_info(limit_consent=AGREED)).body.units
    assert [one.limit_certificate_changed for one in unit.results] == ["1"]


def test_a_last_answer_without_agreement_is_no_comparison(office: ClinicSoftware) -> None:
    office.store.record_visit(answer(results=[enrolment(limit_certificate_consent=False)]), NOW)
    [unit] = done(office, search_info(limit_consent=AGREED)).body.units
    assert [one.limit_certificate_changed for one in unit.results] == ["1"]


def test_a_store_that_cannot_be_written_accepts_no_batch(
    office: ClinicSoftware, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise TerminalError("store-failed")

    monkeypatch.setattr(office.store, "keep_reception", full)
    result = office.ask("OQSmuquc01req", bulk_request(search_info()))
    assert (result.header.error_code, result.body.reception_number) == ("SHK-9009", None)


def test_a_request_is_kept_as_it_was_sent(office: ClinicSoftware) -> None:
    written = search_info(
        insurer_number="138057", symbol="１２－３", birth_date=date(1950, 12, 31), arbitrary_identifier="髙"
    )
    [unit] = done(office, written).body.units
    assert unit.search_info == written
