"""Medical files under a consent that the patient gave on her own page (rule W14): found if the terminal has none."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from clinic_terminal.errors import TerminalError
from clinic_terminal.messages.codes import FileCategory
from eligibility_api.contract.codes import Care, Category, Sex
from eligibility_api.contract.consent import ConsentStatus
from tests.builders.clinic import samples
from tests.builders.clinic.clinic_software import (
    ClinicSoftware,
    checkup_request,
    eligibility_request,
    history_request,
)
from tests.builders.clinic.fake_consents import OWN_PAGE_CONSENT, given_ahead
from tests.builders.clinic.store import permit

ASKED = "/v1/consents/own-page"
MISSING, NOT_YET, CATEGORY, SEVERAL = "SHK-4002", "SHK-4013", "SHK-4015", "SHK-4020"


@pytest.fixture(autouse=True)
def _looked_up(office: ClinicSoftware) -> None:
    """The reception looked her up by number today; she consented to nothing by card."""
    look_up(office)


def look_up(office: ClinicSoftware, **changes: Any) -> None:
    """Let the clinic's software ask for the insurance of `samples`' person, or of another one."""
    answer = samples.answer(results=[samples.enrolment(**changes)])
    office.fund.answers = [answer]
    shared = {key: value for key, value in changes.items() if key in ("branch", "birth_date")}
    assert office.ask("OQSsiquc01req", eligibility_request(**shared)).body.validity == "1"
    office.fund.calls.clear()


def medicines(office: ClinicSoftware, of: dict[str, Any] | None = None, **changes: Any) -> str:
    """The code of a request for medicines; 1 if it has them."""
    return str(office.ask("YZKsiquc01req", history_request(of, **changes)).header.result_code)


def calls(office: ClinicSoftware) -> list[str]:
    return [path for path in office.fund.calls if path != "/v1/token"]


def test_medicines_are_read_under_it_and_it_is_asked_for_once(office: ClinicSoftware) -> None:
    office.fund.consents.on_own_page = [given_ahead()]
    assert [medicines(office), medicines(office)] == ["1", "1"]
    read = f"/v1/consents/{OWN_PAGE_CONSENT}/medications"
    assert calls(office) == [ASKED, read, read]


def test_so_are_check_ups(office: ClinicSoftware) -> None:
    office.fund.consents.on_own_page = [given_ahead(None, Category.HEALTH_CHECKUP)]
    assert office.ask("TKKsiquc01req", checkup_request()).header.result_code == "1"


def test_a_part_that_it_does_not_open_is_named(office: ClinicSoftware) -> None:
    office.fund.consents.on_own_page = [given_ahead()]
    request = history_request(file_category=FileCategory.MEDICINES_AND_TREATMENT_XML)
    header = office.ask("YZKsiquc01req", request).header
    assert header.result_code == "1"
    assert "診療情報、手術情報は含まれていません" in header.message_contents


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ([], MISSING),
        ([given_ahead(None, Category.TREATMENT)], CATEGORY),
        ([given_ahead(None, Category.SPECIFIC_DISEASES)], MISSING),
        ([given_ahead(timedelta(days=2))], NOT_YET),
    ],
    ids=["none", "another category", "no medical file", "a later day"],
)
def test_without_one_that_opens_them_nothing_is_read(
    office: ClinicSoftware, found: list[ConsentStatus], code: str
) -> None:
    office.fund.consents.on_own_page = found
    assert medicines(office) == code
    assert calls(office) == [ASKED]


def test_one_that_has_ended_meanwhile_is_forgotten(office: ClinicSoftware) -> None:
    office.fund.consents.on_own_page = [given_ahead()]
    office.fund.failures[f"/v1/consents/{OWN_PAGE_CONSENT}/medications"] = ["consent-withdrawn"]
    assert medicines(office) == "SHK-4014"
    office.fund.consents.on_own_page = []
    assert medicines(office) == MISSING


@pytest.mark.parametrize(
    ("care", "asks"), [(None, True), (Care.ONLINE, True), (Care.OUTPATIENT, False), (Care.HOME_VISIT, False)]
)
def test_only_a_request_that_may_be_for_an_online_consultation_asks(
    office: ClinicSoftware, care: Care | None, asks: bool
) -> None:
    office.fund.consents.on_own_page = [given_ahead()]
    assert medicines(office, care=care) == ("1" if asks else MISSING)
    assert (ASKED in calls(office)) is asks


def test_a_card_s_consent_is_used_without_asking(office: ClinicSoftware) -> None:
    office.store.keep_permit(permit())
    assert medicines(office) == "1"
    assert ASKED not in calls(office)


def test_nobody_identified_today_is_asked_about(office: ClinicSoftware) -> None:
    office.fund.consents.on_own_page = [given_ahead()]
    for of in ({"number": "346"}, {"symbol": "13"}, {"insurer_number": "06130017"}, {"branch": "01"}):
        assert medicines(office, of) == MISSING
    office.skipped = timedelta(days=1)
    assert medicines(office) == MISSING
    assert calls(office) == []


def test_of_two_persons_with_one_number_nobody_is_asked_about(office: ClinicSoftware) -> None:
    """A family's number without a branch: the other one's medicines must not be shown."""
    look_up(office, branch="01", name="架空　太郎", birth_date=date(2010, 5, 6), sex=Sex.MALE)
    office.fund.consents.on_own_page = [given_ahead()]
    assert medicines(office, {"branch": None}) == SEVERAL
    assert calls(office) == []
    assert medicines(office, {"branch": "00"}) == "1"


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        ("lost", "SHK-9006"),
        ("slow", "SHK-9006"),
        ("unreadable", "SHK-9007"),
        ("database-unavailable", "SHK-9003"),
        ("right-missing", MISSING),
        ("not-identified", MISSING),
        ("card-not-usable", MISSING),
    ],
)
def test_a_failed_question_is_no_missing_consent_but_a_refused_one_is(
    office: ClinicSoftware, failure: str, code: str
) -> None:
    office.fund.failures[ASKED] = [failure]
    assert medicines(office) == code


def test_one_that_cannot_be_kept_is_a_failure_and_no_missing_consent(
    office: ClinicSoftware, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise TerminalError("store-failed")

    office.fund.consents.on_own_page = [given_ahead()]
    monkeypatch.setattr(office.store, "keep_permit", full)
    assert medicines(office) != MISSING
    assert medicines(office).startswith("SHK-9")
