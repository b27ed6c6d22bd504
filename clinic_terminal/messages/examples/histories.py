"""Examples of histories: medicines and treatment, check-ups."""

from __future__ import annotations

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
from clinic_terminal.messages.examples.example import CLINIC, FILE_IDENTIFIER, NOW, P01_MEMBERSHIP, Example
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
from eligibility_api.contract.codes import Care

_PHARMACY = "1341111115"
_DAY = NOW.date().replace(month=9, day=7)
_LATER_DAY = NOW.date().replace(day=16)

_HEADER = HistoryRequestHeader(
    medical_institution_code=CLINIC,
    insurer_number="01130012",
    symbol="架空",
    number="7701",
    branch="00",
    arbitrary_file_identifier=FILE_IDENTIFIER,
)
_CLAIM = ClaimMonth(
    month="202609",
    institution_origin="2",
    institution_code=_PHARMACY,
    institution_name="架空薬局",
    prescriber_origin="1",
    prescriber_code=CLINIC,
    prescriber_name="架空内科医院",
    days=(
        ClaimDay(
            dispensed_on=_DAY,
            prescribed_on=_DAY,
            medicines=(
                ClaimMedicine(
                    category="21",
                    usage="１日１回朝食後",
                    times="28",
                    code="620002023",
                    name="アムロジピン錠５ｍｇ「架空」",
                    ingredient="アムロジピンベシル酸塩",
                    quantity="1",
                    unit="錠",
                ),
            ),
        ),
    ),
)
_TREATMENT = ClaimMonth(
    month="202609",
    institution_origin="1",
    institution_code=CLINIC,
    institution_name="架空内科医院",
    days=(
        ClaimDay(
            dispensed_on=_DAY,
            treatments=(
                ClaimTreatment(
                    name="人工腎臓（慢性維持透析）", code="140007710", category="40", quantity="1", times="1"
                ),
            ),
        ),
    ),
)
_DISPENSING = DispensingMonth(
    month="202611",
    institution_origin="2",
    institution_code=_PHARMACY,
    institution_name="架空薬局",
    prescriber_origin="1",
    prescriber_code=CLINIC,
    prescriber_name="架空内科医院",
    days=(
        DispensingDay(
            dispensed_on=_LATER_DAY,
            prescribed_on=_LATER_DAY,
            medicines=(
                DispensedMedicine(
                    usage="１日１回朝食後", times="28", code="620002023", name="アムロジピン錠５ｍｇ「架空」", quantity="1", unit="錠"
                ),
            ),
        ),
    ),
)  # fmt: skip
_PRESCRIPTION = PrescriptionMonth(
    month="202611",
    institution_origin="1",
    institution_code=CLINIC,
    institution_name="架空内科医院",
    prescriber_origin="1",
    prescriber_code=CLINIC,
    prescriber_name="架空内科医院",
    days=(
        PrescriptionDay(
            prescribed_on=NOW.date(),
            medicines=(
                PrescribedMedicine(
                    usage="１日３回毎食後",
                    instruction="粉砕",
                    times="5",
                    code="620000001",
                    name="架空鎮痛錠１００ｍｇ",
                    quantity="3",
                    unit="錠",
                ),
            ),
        ),
    ),
)

_NO_CONSENT = {
    "result_code": "SHK-EXAMPLE",
    "message_contents": "患者さんの同意がないか、有効期限が切れています。",
}
_HISTORY_HEADER = HistoryResultHeader(
    process_execution_time=NOW,
    medical_institution_code=CLINIC,
    arbitrary_file_identifier=FILE_IDENTIFIER,
    result_code="1",
    person=HistoryPerson(
        name=P01_MEMBERSHIP.name,
        name_kana=P01_MEMBERSHIP.name_kana,
        birth_date=P01_MEMBERSHIP.birth_date,
        sex=P01_MEMBERSHIP.sex,
    ),
)
_CHECKUP_HEADER = CheckupResultHeader(
    process_execution_time=NOW,
    medical_institution_code=CLINIC,
    arbitrary_file_identifier=FILE_IDENTIFIER,
    result_code="1",
    person=CheckupPerson(
        name=P01_MEMBERSHIP.name,
        name_kana=P01_MEMBERSHIP.name_kana,
        birth_date=P01_MEMBERSHIP.birth_date,
        sex=P01_MEMBERSHIP.sex,
    ),
)
_CHECKUP = Checkup(
    examined_on=_DAY,
    items=(
        CheckupItem(
            code="9A755000000000001", name="収縮期血圧（その他）", data_type="PQ", value="128", unit="mmHg"
        ),
        CheckupItem(code="1A020000000190111", name="尿糖", data_type="CO", value="1", value_name="－"),
    ),
)

EXAMPLES = (
    Example(
        "YZKsiquc01req",
        "medicines and treatment of a year, as XML",
        HistoryRequest(
            header=_HEADER,
            body=HistoryRequestBody(
                first_month="202512",
                last_month="202611",
                file_category=FileCategory.MEDICINES_AND_TREATMENT_XML,
                prescriptions="1",
                care=Care.OUTPATIENT,
            ),
        ),
    ),
    Example(
        "YZKsiquc01res",
        "the three trees",
        HistoryResult(
            header=_HISTORY_HEADER,
            body=HistoryResultBody(
                claim_months=(_CLAIM, _TREATMENT),
                dispensing_months=(_DISPENSING,),
                prescription_months=(_PRESCRIPTION,),
            ),
        ),
    ),
    Example(
        "YZKsiquc01res",
        "no consent",
        HistoryResult(
            header=_HISTORY_HEADER.model_copy(update=_NO_CONSENT | {"person": None}), body=HistoryResultBody()
        ),
    ),
    Example(
        "TKKsiquc01req",
        "as XML",
        CheckupRequest(
            header=_HEADER, body=CheckupRequestBody(file_category=FileCategory.XML, care=Care.OUTPATIENT)
        ),
    ),
    Example(
        "TKKsiquc01res",
        "one check-up",
        CheckupResult(header=_CHECKUP_HEADER, body=CheckupResultBody(checkups=(_CHECKUP,))),
    ),
    Example(
        "TKKsiquc01res",
        "no consent",
        CheckupResult(
            header=_CHECKUP_HEADER.model_copy(update=_NO_CONSENT | {"person": None}), body=CheckupResultBody()
        ),
    ),
)
"""Each prefix of histories."""
