"""Medical files: under a permit of the store, in an operator's name, and as the trees of a result."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from clinic_terminal.exchange.operator import Operator
from clinic_terminal.messages.codes import FileCategory
from eligibility_api.contract.codes import Care, Category, Role
from eligibility_api.contract.history import (
    CareSetting,
    HistoryResource,
    Medications,
    Medicine,
    Origin,
)
from tests.builders.clinic.clinic_software import (
    DOCTOR,
    FILE,
    ClinicSoftware,
    checkup_request,
    history_request,
)
from tests.builders.clinic.histories import CLINIC, PHARMACY, medicine, page, treatments, visits
from tests.builders.clinic.samples import INSTITUTION, NOW
from tests.builders.clinic.store import PERMIT_ID, permit

EVERYTHING = (
    Category.HEALTH_CHECKUP,
    Category.MEDICATION,
    Category.PRESCRIPTION,
    Category.TREATMENT,
    Category.SURGERY,
)
MEDICATIONS = f"/v1/consents/{PERMIT_ID}/medications"
CHECKUPS = f"/v1/consents/{PERMIT_ID}/health-checkups"


@pytest.fixture(autouse=True)
def _consented(office: ClinicSoftware) -> None:
    office.store.keep_permit(permit(categories=EVERYTHING))


def history(office: ClinicSoftware, operator: Operator | None = None, **changes: Any) -> Any:
    return office.ask("YZKsiquc01req", history_request(**changes), operator)


def checkups(office: ClinicSoftware, operator: Operator | None = None, **changes: Any) -> Any:
    return office.ask("TKKsiquc01req", checkup_request(**changes), operator)


def with_medicines(office: ClinicSoftware, *medicines: Medicine) -> None:
    pages = [page(Medications, len(medicines), medicines=list(medicines), groups=[])]
    office.fund.history.pages = {**office.fund.history.pages, HistoryResource.MEDICATIONS: pages}


def calls(office: ClinicSoftware) -> list[str]:
    return [path.rsplit("/", 1)[-1] for path in office.fund.calls if path != "/v1/token"]


def test_a_result_names_the_person_of_the_permit(office: ClinicSoftware) -> None:
    with_medicines(office, medicine())
    result = history(office)
    header = result.header
    assert (header.result_code, header.message_contents) == ("1", None)
    assert (header.medical_institution_code, header.arbitrary_file_identifier) == (INSTITUTION, FILE)
    assert (header.person.name, header.person.sex) == ("架空　花子", "2")
    assert header.person.birth_date == date(1980, 2, 3)


@pytest.mark.parametrize(
    ("category", "asked"),
    [
        (FileCategory.PDF, ["medications"]),
        (FileCategory.XML, ["medications"]),
        (FileCategory.MEDICINES_AND_TREATMENT_PDF, ["medications", "treatments", "surgeries"]),
        (FileCategory.MEDICINES_AND_TREATMENT_XML, ["medications", "treatments", "surgeries"]),
    ],
)
def test_the_file_category_determines_what_is_read(
    office: ClinicSoftware, category: FileCategory, asked: list[str]
) -> None:
    assert history(office, file_category=category).header.result_code == "1"
    assert calls(office) == asked


def test_only_what_was_consented_to_is_read(office: ClinicSoftware) -> None:
    office.store.keep_permit(permit(categories=(Category.MEDICATION, Category.SURGERY)))
    history(office, file_category=FileCategory.MEDICINES_AND_TREATMENT_XML)
    assert calls(office) == ["medications", "surgeries"]


@pytest.mark.parametrize(
    ("consented", "category", "missing"),
    [
        (EVERYTHING, FileCategory.MEDICINES_AND_TREATMENT_XML, None),
        ((Category.MEDICATION,), FileCategory.XML, None),
        ((Category.MEDICATION,), FileCategory.MEDICINES_AND_TREATMENT_XML, "診療情報、手術情報"),
        ((Category.MEDICATION, Category.TREATMENT), FileCategory.MEDICINES_AND_TREATMENT_PDF, "手術情報"),
        ((Category.TREATMENT,), FileCategory.MEDICINES_AND_TREATMENT_PDF, "薬剤情報、手術情報"),
    ],
)
def test_what_lacks_consent_is_named_and_not_taken_for_none(
    office: ClinicSoftware, consented: tuple[Category, ...], category: FileCategory, missing: str | None
) -> None:
    office.store.keep_permit(permit(categories=consented))
    header = history(office, file_category=category).header
    expected = None if missing is None else f"患者さんの閲覧の同意がないため、{missing}は含まれていません。"
    assert (header.result_code, header.message_contents) == ("1", expected)


def test_the_months_and_the_signed_in_operator_reach_the_fund(office: ClinicSoftware) -> None:
    history(office, Operator(Role.PHARMACIST, "架空 薬剤師"), first_month="202601", last_month="202603")
    [query] = office.fund.history.queries
    assert (query["from_month"], query["to_month"]) == ("2026-01", "2026-03")
    [headers] = office.fund.history.headers
    assert headers["operator-role"] == "pharmacist"
    assert headers["operator-name"].startswith("%E6%9E%B6")


def test_nobody_signed_in_means_the_operator_of_the_setting(office: ClinicSoftware) -> None:
    checkups(office)
    assert office.fund.history.headers[0]["operator-role"] == DOCTOR.role


@pytest.mark.parametrize("ask", [history, checkups])
def test_without_any_operator_nothing_is_sent(office: ClinicSoftware, ask: Any) -> None:
    office.staff = None
    result = ask(office)
    assert result.header.result_code == "SHK-4001"
    assert result.header.message_contents
    assert office.fund.calls == []


def test_without_an_operator_no_permit_is_searched(office: ClinicSoftware) -> None:
    office.staff = None
    assert history(office, of={"number": "no-such"}).header.result_code == "SHK-4001"


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("role-not-permitted", "SHK-4016"),
        ("staff-not-authorised", "SHK-4017"),
        ("history-months", "SHK-4018"),
        ("slow", "SHK-9006"),
        ("unreadable", "SHK-9007"),
        ("overloaded", "SHK-9004"),
    ],
)
def test_a_refusal_or_failure_has_its_code_and_no_files(
    office: ClinicSoftware, code: str, number: str
) -> None:
    office.fund.failures = {MEDICATIONS: [code], CHECKUPS: [code]}
    for result in (history(office), checkups(office)):
        header = result.header
        assert (header.result_code, header.person, header.arbitrary_file_identifier) == (number, None, FILE)
        assert result.body.model_dump(exclude_defaults=True) == {}
    assert office.store.permits_by_reference("A-1", NOW)


@pytest.mark.parametrize("code", ["consent-withdrawn", "consent-expired", "consent-missing"])
def test_a_permit_that_the_fund_no_longer_accepts_is_forgotten(office: ClinicSoftware, code: str) -> None:
    office.fund.failures[MEDICATIONS] = [code]
    assert history(office).header.result_code.startswith("SHK-4")
    assert history(office).header.result_code == "SHK-4002"
    assert calls(office) == ["medications"]


def test_after_the_window_nothing_is_asked(office: ClinicSoftware) -> None:
    office.skipped = timedelta(hours=24)
    assert history(office).header.result_code == "SHK-4002"
    assert office.fund.calls == []


def test_the_form_of_care_must_be_that_of_the_consent(office: ClinicSoftware) -> None:
    assert history(office, care=Care.OUTPATIENT).header.result_code == "1"
    assert history(office, care=Care.HOME_VISIT).header.result_code == "SHK-4002"


def test_an_institution_of_another_place_gets_no_files(office: ClinicSoftware) -> None:
    assert history(office, of={"medical_institution_code": "0110113719"}).header.result_code == "SHK-1001"
    assert office.fund.calls == []


def test_medicines_of_claims_dispensings_and_prescriptions_have_a_tree_each(office: ClinicSoftware) -> None:
    own = CLINIC.model_copy(update={"own": True})
    clinical = {"institution": own, "prescriber": own, "setting": CareSetting.OUTPATIENT, "claim_month": None}
    with_medicines(
        office,
        medicine(1),
        medicine(2, origin=Origin.DISPENSING, claim_month=None),
        medicine(3, origin=Origin.PRESCRIPTION, **clinical),
        medicine(4, origin=Origin.ON_SITE, **clinical),
    )
    body = history(office).body
    [claim], [dispensing], prescriptions = body.claim_months, body.dispensing_months, body.prescription_months
    assert (claim.month, claim.institution_code, claim.institution_origin) == ("202602", "1342222229", "1")
    assert (claim.prescriber_code, claim.prescriber_origin) == (CLINIC.institution_code, "2")
    assert (claim.institution_name, claim.prescriber_name) == ("架空薬局", "見本クリニック")
    assert (claim.in_or_out, dispensing.in_or_out) == ("3", "2")
    assert [month.in_or_out for month in prescriptions] == ["2", "1"]
    assert [(month.institution_origin, month.prescriber_origin) for month in prescriptions] == [
        ("1", "1")
    ] * 2
    assert (dispensing.institution_code, dispensing.prescriber_code) == ("1342222229", "1312222225")
    assert prescriptions[0].days[0].prescribed_on == date(2026, 2, 13)
    assert dispensing.days[0].dispensed_on == date(2026, 2, 14)


@pytest.mark.parametrize("flag", [None, "0"])
def test_without_the_flag_only_claims_are_given(office: ClinicSoftware, flag: str | None) -> None:
    with_medicines(office, medicine(1), medicine(2, origin=Origin.DISPENSING, claim_month=None))
    body = history(office, prescriptions=flag).body
    assert (len(body.claim_months), body.dispensing_months, body.prescription_months) == (1, (), ())


def test_a_medicine_has_every_item_of_the_fund(office: ClinicSoftware) -> None:
    full = {"instruction": "粉砕", "quantity": "1.5", "times": 28, "name": "見本錠５ｍｇ"}
    with_medicines(
        office, medicine(1, **full), medicine(2, origin=Origin.DISPENSING, claim_month=None, **full)
    )
    body = history(office).body
    [claimed] = body.claim_months[0].days[0].medicines
    [dispensed] = body.dispensing_months[0].days[0].medicines
    items = ("usage", "instruction", "times", "code", "name", "quantity", "unit", "ingredient")
    assert [getattr(claimed, item) for item in items] == [getattr(dispensed, item) for item in items]
    assert [getattr(claimed, item) for item in items] == [
        "朝食後", "粉砕", "28", "990000101", "見本錠５ｍｇ", "1.5", "錠", None
    ]  # fmt: skip
    assert (claimed.category, dispensed.category) == ("21", "1")


@pytest.mark.parametrize(
    ("act", "form"), [("21", "1"), ("22", "2"), ("23", "3"), ("33", "5"), ("40", "9"), (None, "9")]
)
def test_the_form_of_a_medicine_follows_its_act(office: ClinicSoftware, act: str | None, form: str) -> None:
    with_medicines(office, medicine(1, origin=Origin.DISPENSING, claim_month=None, act=act))
    assert history(office).body.dispensing_months[0].days[0].medicines[0].category == form


def test_rows_are_grouped_by_month_place_and_day_in_their_order(office: ClinicSoftware) -> None:
    with_medicines(
        office,
        medicine(1),
        medicine(2, drug_code="990000201"),
        medicine(3, on=date(2026, 2, 1)),
        medicine(4, institution=CLINIC, prescriber=None, setting=CareSetting.OUTPATIENT),
        medicine(5, month="2026-01", on=None, prescribed_on=None),
    )
    months = history(office).body.claim_months
    assert [(month.month, month.institution_code) for month in months] == [
        ("202602", PHARMACY.institution_code),
        ("202602", CLINIC.institution_code),
        ("202601", PHARMACY.institution_code),
    ]
    assert [[len(day.medicines) for day in month.days] for month in months] == [[2, 1], [1], [1]]
    assert (months[1].prescriber_code, months[1].prescriber_origin) == (None, None)
    assert (months[2].days[0].dispensed_on, months[2].days[0].prescribed_on) == (None, None)


def test_treatments_and_days_of_visit_are_in_the_tree_of_claims(office: ClinicSoftware) -> None:
    with_medicines(office)
    office.fund.history.pages = {
        **office.fund.history.pages,
        HistoryResource.TREATMENTS: [visits()],
        HistoryResource.SURGERIES: [treatments()],
    }
    months = history(office, file_category=FileCategory.MEDICINES_AND_TREATMENT_XML).body.claim_months
    done = [one for month in months for day in month.days for one in day.treatments]
    assert [(one.name, one.code, one.category, one.times) for one in done] == [
        ("受診", None, None, None),
        ("手術（移植・輸血を含む）", "150000000", "50", "1"),
    ]
    assert [month.in_or_out for month in months] == ["2", "1"]
    assert {month.prescriber_code for month in months} == {CLINIC.institution_code}


def test_a_history_of_several_pages_is_one_result(office: ClinicSoftware) -> None:
    pages = [page(Medications, 2, medicines=[medicine(row)], groups=[]) for row in (1, 2)]
    office.fund.history.pages = {**office.fund.history.pages, HistoryResource.MEDICATIONS: pages}
    assert len(history(office).body.claim_months[0].days[0].medicines) == 2


def test_no_entries_are_a_success_without_trees(office: ClinicSoftware) -> None:
    with_medicines(office)
    result = history(office)
    assert (result.header.result_code, result.body.claim_months) == ("1", ())


def test_check_ups_have_their_items(office: ClinicSoftware) -> None:
    result = checkups(office)
    assert (result.header.result_code, result.header.person.name) == ("1", "架空　花子")
    [examined] = result.body.checkups
    assert examined.examined_on == date(2025, 6, 1)
    assert [(item.code, item.name, item.value, item.unit) for item in examined.items] == [
        ("9A751000000000001", "収縮期血圧", "128", "mmHg"),
        ("9A752000000000001", "拡張期血圧", None, None),
    ]


def test_check_ups_need_their_own_consent(office: ClinicSoftware) -> None:
    office.store.keep_permit(permit(categories=(Category.MEDICATION,)))
    assert checkups(office).header.result_code == "SHK-4015"
    assert office.fund.calls == []
