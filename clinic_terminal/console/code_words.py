"""The words for the codes of an answer (OQSCD007 to 031), Japanese first."""

from __future__ import annotations

from clinic_terminal.console.words import Words
from eligibility_api.contract.codes import (
    Care,
    CertificateKind,
    EndReason,
    LimitCertificateKind,
    LimitClass,
    ReasonOfLoss,
    Relationship,
    Sex,
    SingleOrCombined,
    SpecificDisease,
    TicketTreatment,
    TicketType,
)
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.emergency import EmergencyReason
from eligibility_api.contract.history import CareSetting, HistoryResource, Origin

REASON_OF_LOSS: dict[ReasonOfLoss, Words] = {
    ReasonOfLoss.DEATH: Words("死亡", "death"),
    ReasonOfLoss.PUBLIC_ASSISTANCE: Words("生活保護受給", "public assistance"),
    ReasonOfLoss.OTHER_INSURANCE: Words("他保険への加入", "other insurance"),
    ReasonOfLoss.OTHER: Words("その他", "other"),
}

RELATIONSHIP: dict[Relationship, Words] = {
    Relationship.INSURED: Words("本人", "insured"),
    Relationship.DEPENDANT: Words("家族", "dependant"),
}

SEX: dict[Sex, Words] = {
    Sex.MALE: Words("男", "male"),
    Sex.FEMALE: Words("女", "female"),
    Sex.UNSET: Words("－", "not stated"),
}

CERTIFICATE: dict[CertificateKind, Words] = {
    CertificateKind.GENERAL: Words("被保険者証", "general"),
    CertificateKind.RETIRED: Words("被保険者証（退職）", "retired"),
    CertificateKind.SHORT_TERM_GENERAL: Words("短期被保険者証", "short-term"),
    CertificateKind.SHORT_TERM_RETIRED: Words("短期被保険者証（退職）", "short-term, retired"),
    CertificateKind.SPECIAL_REIMBURSEMENT: Words("特別療養費の支給対象", "special reimbursement"),
    CertificateKind.SPECIAL_RETIRED: Words("特例退職被保険者証", "special retired"),
    CertificateKind.SELF_DEFENCE: Words("自衛官診療証", "Self-Defence Forces"),
    CertificateKind.MEDICAL_AID: Words("医療扶助", "medical aid"),
}

LIMIT_CERTIFICATE: dict[LimitCertificateKind, Words] = {
    LimitCertificateKind.LIMIT: Words("限度額適用認定証", "limit"),
    LimitCertificateKind.LIMIT_AND_MEALS: Words("限度額適用・標準負担額減額認定証", "limit and meals"),
    LimitCertificateKind.MEALS: Words("標準負担額減額認定証", "meals"),
}

LIMIT_CLASS: dict[LimitClass, Words] = {
    LimitClass.A: Words("ア", "class A"),
    LimitClass.I: Words("イ", "class I"),
    LimitClass.U: Words("ウ", "class U"),
    LimitClass.E: Words("エ", "class E"),
    LimitClass.O: Words("オ", "class O"),
    LimitClass.O_BORDER: Words("オ（境）", "class O, border"),
    LimitClass.ACTIVE_3: Words("現役並みⅢ", "active income 3"),
    LimitClass.ACTIVE_2: Words("現役並みⅡ", "active income 2"),
    LimitClass.ACTIVE_1: Words("現役並みⅠ", "active income 1"),
    LimitClass.GENERAL: Words("一般", "general"),
    LimitClass.LOW_2: Words("低所得Ⅱ", "low income 2"),
    LimitClass.LOW_1: Words("低所得Ⅰ", "low income 1"),
    LimitClass.LOW_1_WELFARE: Words("低所得Ⅰ（老福）", "low income 1, old-age welfare pension"),
    LimitClass.LOW_1_BORDER: Words("低所得Ⅰ（境）", "low income 1, border"),
    LimitClass.GENERAL_2: Words("一般Ⅱ", "general 2"),
    LimitClass.GENERAL_1: Words("一般Ⅰ", "general 1"),
}

SPECIFIC_DISEASE: dict[SpecificDisease, Words] = {
    SpecificDisease.RENAL_FAILURE: Words("人工透析を要する慢性腎不全", "renal failure on dialysis"),
    SpecificDisease.HAEMOPHILIA: Words("先天性血液凝固因子障害", "haemophilia"),
    SpecificDisease.HIV_BY_BLOOD_PRODUCT: Words("血液凝固因子製剤によるHIV感染症", "HIV by blood products"),
}

TICKET: dict[TicketType, Words] = {
    TicketType.MEDICAL: Words("医療券", "Medical ticket"),
    TicketType.DISPENSING: Words("調剤券", "Dispensing ticket"),
}

TREATMENT: dict[TicketTreatment, Words] = {
    TicketTreatment.INPATIENT: Words("入院", "inpatient"),
    TicketTreatment.OUTPATIENT: Words("入院外", "outpatient"),
    TicketTreatment.DENTAL: Words("歯科", "dental"),
    TicketTreatment.DISPENSING: Words("調剤", "dispensing"),
    TicketTreatment.VISITING_NURSING: Words("訪問看護", "visiting nursing"),
}

COMBINED: dict[SingleOrCombined, Words] = {
    SingleOrCombined.SINGLE: Words("単独", "alone"),
    SingleOrCombined.COMBINED: Words("併用", "combined"),
}

CARE: dict[Care, Words] = {
    Care.OUTPATIENT: Words("外来", "outpatient"),
    Care.HOME_VISIT: Words("訪問診療等", "home visit"),
    Care.ONLINE: Words("オンライン診療等", "online"),
    Care.EMERGENCY: Words("救急時", "emergency"),
}

END_REASON: dict[EndReason, Words] = {
    EndReason.CARE_FORM: Words("診療の終了", "the consultation is over"),
    EndReason.BY_FACILITY: Words("医療機関による取消", "by the facility"),
    EndReason.BY_PATIENT: Words("患者による取消", "by the patient"),
    EndReason.OTHER_USE: Words("用途変更による取消", "used otherwise"),
}

BASIS: dict[Basis, Words] = {
    Basis.PIN: Words("暗証番号", "PIN"),
    Basis.VISUAL_CHECK: Words("目視確認（暗証番号なし）", "visual check, without the PIN"),
    Basis.EMERGENCY: Words("救急時（同意なし）", "emergency, without consent"),
    Basis.DISASTER: Words("災害時", "disaster"),
}

LOOK_UP: dict[HistoryResource, Words] = {
    HistoryResource.MEDICATIONS: Words("薬剤情報", "Medicines"),
    HistoryResource.TREATMENTS: Words("診療情報", "Treatments"),
    HistoryResource.SURGERIES: Words("手術情報", "Surgery"),
    HistoryResource.DIAGNOSES: Words("傷病名", "Diagnoses"),
    HistoryResource.HEALTH_CHECKUPS: Words("健診結果", "Health check-ups"),
}

ORIGIN: dict[Origin, Words] = {
    Origin.CLAIM: Words("レセプト", "claim"),
    Origin.DISPENSING: Words("調剤情報（請求前）", "dispensed, not claimed yet"),
    Origin.PRESCRIPTION: Words("処方情報（請求前）", "prescribed, not claimed yet"),
}

SETTING: dict[CareSetting, Words] = {
    CareSetting.OUTPATIENT: Words("外来", "outpatient"),
    CareSetting.INPATIENT: Words("入院", "inpatient"),
    CareSetting.PHARMACY: Words("薬局", "pharmacy"),
}

OUTCOME_OF_DISEASE: dict[str, Words] = {
    "1": Words("継続", "goes on"),
    "2": Words("治ゆ", "cured"),
    "3": Words("死亡", "died"),
    "4": Words("中止", "discontinued"),
}

EMERGENCY_REASON: dict[EmergencyReason, Words] = {
    EmergencyReason.UNCONSCIOUS: Words("意識がない", "unconscious"),
    EmergencyReason.LIFE_THREATENING: Words("生命の危険がある", "danger to life"),
    EmergencyReason.CANNOT_EXPRESS: Words("意思を表せない", "cannot express herself"),
}
