"""Results of a history request, as the core makes them: medicines of three sources, treatments, check-ups."""

from __future__ import annotations

from datetime import date
from typing import Any

from clinic_terminal.messages.checkups import (
    Checkup,
    CheckupItem,
    CheckupPerson,
    CheckupRequest,
    CheckupRequestBody,
    CheckupResult,
    CheckupResultBody,
    CheckupResultHeader,
)
from clinic_terminal.messages.codes import FileCategory
from clinic_terminal.messages.history import (
    HistoryPerson,
    HistoryRequest,
    HistoryRequestBody,
    HistoryRequestHeader,
    HistoryResult,
    HistoryResultBody,
    HistoryResultHeader,
)
from clinic_terminal.messages.medicine_trees import (
    ClaimDay,
    ClaimMedicine,
    ClaimMonth,
    ClaimTreatment,
    DispensedMedicine,
    DispensingDay,
    DispensingMonth,
    PrescribedMedicine,
    PrescriptionDay,
    PrescriptionMonth,
)
from eligibility_api.contract.codes import Sex
from tests.builders.clinic.samples import NOW

INSTITUTION = "1311111114"
PHARMACY: dict[str, Any] = {"institution_code": "1342222229", "institution_name": "架空薬局"}
CLINIC: dict[str, Any] = {"prescriber_code": "1312222225", "prescriber_name": "見本クリニック"}
HEADER: dict[str, Any] = {
    "process_execution_time": NOW,
    "medical_institution_code": INSTITUTION,
    "result_code": "1",
}
PERSON: dict[str, Any] = {
    "name": "架空　花子",
    "name_kana": "ｶｸｳ ﾊﾅｺ",
    "birth_date": date(1985, 6, 15),
    "sex": Sex.FEMALE,
}


def membership() -> HistoryRequestHeader:
    return HistoryRequestHeader(
        medical_institution_code=INSTITUTION,
        insurer_number="01130012",
        symbol="架空",
        number="7701",
        branch="00",
    )


def history_request(category: FileCategory) -> HistoryRequest:
    body = HistoryRequestBody(first_month="202604", last_month="202610", file_category=category)
    return HistoryRequest(header=membership(), body=body)


def checkup_request(category: FileCategory) -> CheckupRequest:
    body = CheckupRequestBody.model_validate({"file_category": category})
    return CheckupRequest(header=membership(), body=body)


def claim_medicine(**changes: Any) -> ClaimMedicine:
    values: dict[str, Any] = {
        "category": "21",
        "usage": "１日１回朝食後",
        "times": "28",
        "code": "990000101",
        "name": "架空降圧錠５ｍｇ「試験」",
        "ingredient": "架空ジピン",
        "quantity": "1",
        "unit": "錠",
    }
    return ClaimMedicine(**values | changes)


def claim_month(*medicines: ClaimMedicine, **changes: Any) -> ClaimMonth:
    days = (
        ClaimDay(
            dispensed_on=date(2026, 9, 12),
            prescribed_on=date(2026, 9, 11),
            medicines=medicines or (claim_medicine(),),
        ),
    )
    values: dict[str, Any] = {"month": "202609", "days": days, **PHARMACY, **CLINIC}
    return ClaimMonth(**values | changes)


def treatment_month() -> ClaimMonth:
    acts = (
        ClaimTreatment(name="人工腎臓", code="140007710", times="1"),
        ClaimTreatment(name="ＣＴ撮影", code="170011810", times="1"),
    )
    return ClaimMonth(
        month="202609",
        institution_code="1312222225",
        institution_name="見本クリニック",
        days=(ClaimDay(dispensed_on=date(2026, 9, 11), treatments=acts),),
    )


def dispensing_month() -> DispensingMonth:
    medicine = DispensedMedicine(
        code="990000201", name="架空胃酸錠１５ｍｇ「見本」", quantity="2", unit="錠", times="14"
    )
    day = DispensingDay(
        dispensed_on=date(2026, 10, 20), prescribed_on=date(2026, 10, 20), medicines=(medicine,)
    )
    return DispensingMonth(month="202610", days=(day,), **PHARMACY, **CLINIC)


def prescription_month() -> PrescriptionMonth:
    medicine = PrescribedMedicine(code="990000301", usage="頓用", instruction="痛むとき", times="10")
    day = PrescriptionDay(prescribed_on=date(2026, 10, 28), medicines=(medicine,))
    return PrescriptionMonth(
        month="202610", institution_code="1312222225", institution_name="見本クリニック", days=(day,)
    )


def history_result(*claims: ClaimMonth, **header: Any) -> HistoryResult:
    body = HistoryResultBody(
        claim_months=claims or (claim_month(), treatment_month()),
        dispensing_months=(dispensing_month(),),
        prescription_months=(prescription_month(),),
    )
    values = HEADER | {"person": HistoryPerson(**PERSON)} | header
    return HistoryResult(header=HistoryResultHeader(**values), body=body)


def checkup_result(**header: Any) -> CheckupResult:
    items = (
        CheckupItem(code="9A751000000000001", name="収縮期血圧（1回目）", value="128", unit="mmHg"),
        CheckupItem(code="9A110160700000011", name="心電図所見の有無", value="2", value_name="所見なし"),
        CheckupItem(code="9A752000000000001", name="拡張期血圧"),
    )
    body = CheckupResultBody(checkups=(Checkup(examined_on=date(2026, 6, 1), items=items),))
    values = HEADER | {"person": CheckupPerson(**PERSON)} | header
    return CheckupResult(header=CheckupResultHeader(**values), body=body)
