"""Home visits and online consultations: the persons who consented at the facility, asked again without the card."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange import consented as listed_consents
from clinic_terminal.messages.bulk import OnlineBulkRequest
from eligibility_api.contract.codes import Care, Category, EndReason
from tests.builders.clinic.clinic_software import DAY, DOCTOR, ClinicSoftware, header, home_visit_request
from tests.builders.clinic.fake_lists import later, status
from tests.builders.clinic.samples import NOW, answer

PERMITS = [UUID(f"019ab000-0000-7000-8000-0000000000b{number}") for number in (1, 2)]


def consented(office: ClinicSoftware, permit_id: UUID = PERMITS[0], **changes: Any) -> None:
    """A consent that the facility has at the fund."""
    office.fund.lists.consents.append(status(permit_id, **changes))


def asked_again(office: ClinicSoftware) -> list[str]:
    return [call for call in office.fund.calls if call.endswith("/eligibility")]


def listed(office: ClinicSoftware, first: date = DAY, last: date = DAY) -> Any:
    number = office.ask("OQSmuhvq01req", home_visit_request(first, last)).body.reception_number
    return office.results("OQSmuhvq", number)


def test_each_consent_is_asked_again_in_the_operators_name(office: ClinicSoftware) -> None:
    consented(office)
    consented(office, PERMITS[1], given_at=NOW + timedelta(minutes=1))
    office.fund.answer = answer(reference_number="P-1")
    result = listed(office)
    assert (result.header.results, result.header.succeeded, result.header.failed) == (2, 2, 0)
    assert [unit.validity for unit in result.body.units] == ["1", "1"]
    assert [unit.reference_numbers for unit in result.body.units] == [("P-1",)] * 2
    assert asked_again(office) == [f"/v1/consents/{permit_id}/eligibility" for permit_id in PERMITS]
    assert {headers.get("operator-role") for headers in office.fund.headers[1:]} == {DOCTOR.role}
    assert office.fund.headers[-1]["operator-role"] == DOCTOR.role


def test_a_person_has_the_triple_of_her_consent(office: ClinicSoftware) -> None:
    consented(office, categories=[Category.MEDICATION])
    [unit] = listed(office).body.units
    [result] = unit.results
    assert (result.medicines.flag, result.medicines.consented_at) == ("1", NOW)
    assert (result.medicines.available_until, result.treatments.flag) == (None, "0")


@pytest.mark.parametrize(
    ("changes", "first", "last"),
    [
        ({"care": Care.OUTPATIENT}, DAY, DAY),
        ({}, DAY - timedelta(days=3), DAY - timedelta(days=1)),
        ({}, DAY + timedelta(days=1), DAY + timedelta(days=3)),
        ({}, DAY, DAY - timedelta(days=1)),
    ],
    ids=["another care", "before", "after", "no days"],
)
def test_other_consents_are_not_listed(
    office: ClinicSoftware, changes: dict[str, Any], first: date, last: date
) -> None:
    consented(office, **changes)
    result = listed(office, first, last)
    assert (result.header.segment_of_result, result.header.results, result.body.units) == ("1", 0, ())


def kept(office: ClinicSoftware) -> list[UUID]:
    """The permits of this terminal for the person."""
    found = office.store.permits_for(insurer_number="01130012", symbol="12", number="345", at=NOW)
    return [permit.permit_id for permit in found]


def test_a_consent_of_another_terminal_lets_medical_files_be_asked_for_here(office: ClinicSoftware) -> None:
    consented(office, categories=[Category.MEDICATION, Category.SPECIFIC_DISEASES])
    assert kept(office) == []
    listed(office)
    [permit] = office.store.permits_for(insurer_number="01130012", symbol="12", number="345", at=NOW)
    assert (permit.permit_id, permit.care, permit.categories) == (
        PERMITS[0],
        Care.HOME_VISIT,
        (Category.MEDICATION,),
    )
    assert permit.person.name == office.fund.answer.results[0].name


def test_a_full_disk_does_not_withhold_the_list(
    office: ClinicSoftware, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise TerminalError("store-failed")

    consented(office)
    monkeypatch.setattr(office.store, "keep_permit", full)
    assert listed(office).header.succeeded == 1
    assert caplog.messages == ["a permit was not kept: store-failed"]


@pytest.mark.parametrize(
    "changes",
    [
        {"ended_at": NOW, "end_reason": EndReason.BY_PATIENT},
        {"available_until": NOW},
        {"available_until": NOW - timedelta(hours=1)},
    ],
    ids=["withdrawn", "expires now", "expired"],
)
def test_a_consent_that_has_ended_is_not_asked_again(office: ClinicSoftware, changes: dict[str, Any]) -> None:
    consented(office, **changes)
    consented(office, PERMITS[1], available_until=NOW + timedelta(seconds=1))
    assert listed(office).header.results == 1
    assert asked_again(office) == [f"/v1/consents/{PERMITS[1]}/eligibility"]


def test_a_consent_withdrawn_meanwhile_is_an_error_of_its_person_and_is_forgotten(
    office: ClinicSoftware,
) -> None:
    consented(office)
    consented(office, PERMITS[1])
    listed(office)
    office.fund.failures[f"/v1/consents/{PERMITS[0]}/eligibility"] = ["consent-withdrawn"]
    result = listed(office)
    assert sorted((unit.status, unit.status_code) for unit in result.body.units) == [
        ("1", None),
        ("2", "SHK-4014"),
    ]
    assert (result.header.succeeded, result.header.failed) == (1, 1)
    assert kept(office) == [PERMITS[1]]


def test_a_refused_role_is_an_error_of_the_person_and_forgets_nothing(office: ClinicSoftware) -> None:
    consented(office)
    listed(office)
    office.fund.failures[f"/v1/consents/{PERMITS[0]}/eligibility"] = ["role-not-permitted"]
    [unit] = listed(office).body.units
    assert (unit.status, unit.status_code) == ("2", "SHK-4016")
    assert kept(office) == [PERMITS[0]]


@pytest.mark.parametrize("path", ["/v1/consents", f"/v1/consents/{PERMITS[0]}/eligibility"])
def test_a_failure_of_transport_fails_the_list_and_forgets_nothing(office: ClinicSoftware, path: str) -> None:
    consented(office)
    listed(office)
    office.fund.failures[path] = ["lost"]
    result = listed(office)
    assert (result.header.segment_of_result, result.header.error_code) == ("9", "SHK-9006")
    assert (result.body.units, kept(office)) == ((), [PERMITS[0]])


def test_a_terminal_without_the_right_gets_no_list(office: ClinicSoftware) -> None:
    office.fund.failures["/v1/consents"] = ["right-missing"]
    result = listed(office)
    assert (result.header.segment_of_result, result.header.error_code) == ("9", "SHK-2004")


def test_without_an_operator_no_list_is_accepted(office: ClinicSoftware) -> None:
    office.staff = None
    result = office.ask("OQSmuhvq01req", home_visit_request())
    assert (result.body.status, result.body.status_code) == ("2", "SHK-4001")
    assert result.body.reception_number is None


def test_a_long_list_is_refused_when_its_results_are_asked_for(
    office: ClinicSoftware, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listed_consents, "MAX_PERSONS", 1)
    consented(office)
    consented(office, PERMITS[1])
    result = listed(office)
    assert (result.header.segment_of_result, result.header.error_code) == ("9", "SHK-1004")
    assert asked_again(office) == []


def online(office: ClinicSoftware, **days: date) -> Any:
    search = {"care": Care.ONLINE, **days}
    request = OnlineBulkRequest.model_validate({"header": header(), "body": {"search_info": search}})
    return office.ask("OQSmuonq01req", request)


TOMORROW = DAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("days", "listed_permits"),
    [
        ({"consented_from": DAY, "consented_to": DAY}, [0, 1]),
        ({"consented_from": TOMORROW, "consented_to": TOMORROW}, []),
        ({"examined_from": DAY, "examined_to": DAY}, [0]),
        ({"examined_from": TOMORROW, "examined_to": TOMORROW}, [1]),
        ({"examined_from": DAY, "examined_to": TOMORROW}, [0, 1]),
        (
            {"consented_from": DAY, "consented_to": DAY, "examined_from": TOMORROW, "examined_to": TOMORROW},
            [1],
        ),
    ],
    ids=str,
)
def test_online_consents_are_listed_by_the_day_of_consent_or_of_the_consultation(
    office: ClinicSoftware, days: dict[str, date], listed_permits: list[int]
) -> None:
    consented(office, PERMITS[0], care=Care.ONLINE, available_until=NOW + timedelta(hours=24))
    consented(office, PERMITS[1], given_at=NOW + timedelta(minutes=1), **later())
    consented(office, UUID(int=7))  # a home visit
    result = office.results("OQSmuonq", online(office, **days).body.reception_number)
    assert result.header.results == len(listed_permits)
    assert asked_again(office) == [f"/v1/consents/{PERMITS[number]}/eligibility" for number in listed_permits]


@pytest.mark.parametrize(
    "days", [{}, {"consented_from": DAY}, {"consented_to": DAY}, {"examined_from": DAY}, {"examined_to": DAY}]
)
def test_neither_period_or_half_a_one_is_refused(office: ClinicSoftware, days: dict[str, date]) -> None:
    result = online(office, **days)
    assert (result.header.segment_of_result, result.header.error_code) == ("9", "SHK-1018")


def test_online_consents_are_not_read_without_an_operator(office: ClinicSoftware) -> None:
    office.staff = None
    result = online(office, consented_from=DAY, consented_to=DAY)
    assert result.body.status_code == "SHK-4001"
