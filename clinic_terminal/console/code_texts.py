"""Names of the codes of an answer (OQSCD007 to 031), Japanese first. Every code of a table has one."""

from __future__ import annotations

from clinic_terminal.bilingual import Bilingual, exhaustive
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
from eligibility_api.contract.emergency import DisasterConsent, EmergencyReason
from eligibility_api.contract.history import CareSetting, HistoryResource, Origin

REASON_OF_LOSS = exhaustive(
    ReasonOfLoss,
    {
        ReasonOfLoss.DEATH: Bilingual("死亡", "death"),
        ReasonOfLoss.PUBLIC_ASSISTANCE: Bilingual("生活保護受給開始", "public assistance"),
        ReasonOfLoss.OTHER_INSURANCE: Bilingual("医療保険等の資格取得", "other insurance"),
        ReasonOfLoss.OTHER: Bilingual("その他", "other"),
    },
)

RELATIONSHIP = exhaustive(
    Relationship,
    {
        Relationship.INSURED: Bilingual("本人", "insured"),
        Relationship.DEPENDANT: Bilingual("家族", "dependant"),
    },
)

SEX = exhaustive(
    Sex,
    {
        Sex.MALE: Bilingual("男", "male"),
        Sex.FEMALE: Bilingual("女", "female"),
        Sex.UNSET: Bilingual("－", "not stated"),
    },
)

CERTIFICATE = exhaustive(
    CertificateKind,
    {
        CertificateKind.GENERAL: Bilingual("被保険者証（一般）", "general"),
        CertificateKind.RETIRED: Bilingual("被保険者証（退職）", "retired"),
        CertificateKind.SHORT_TERM_GENERAL: Bilingual("短期被保険者証（一般）", "short-term"),
        CertificateKind.SHORT_TERM_RETIRED: Bilingual("短期被保険者証（退職）", "short-term, retired"),
        CertificateKind.SPECIAL_REIMBURSEMENT: Bilingual("特別療養費の支給対象", "special reimbursement"),
        CertificateKind.SPECIAL_RETIRED: Bilingual("特例退職被保険者証", "special retired"),
        CertificateKind.SELF_DEFENCE: Bilingual("自衛官診療証", "Self-Defence Forces"),
        CertificateKind.MEDICAL_AID: Bilingual("医療扶助", "medical aid"),
    },
)

LIMIT_CERTIFICATE = exhaustive(
    LimitCertificateKind,
    {
        LimitCertificateKind.LIMIT: Bilingual("限度額適用認定証", "limit"),
        LimitCertificateKind.LIMIT_AND_MEALS: Bilingual(
            "限度額適用・標準負担額減額認定証", "limit and meals"
        ),
        LimitCertificateKind.MEALS: Bilingual("標準負担額減額認定証", "meals"),
    },
)

LIMIT_CLASS = exhaustive(
    LimitClass,
    {
        LimitClass.A: Bilingual("ア", "class A"),
        LimitClass.I: Bilingual("イ", "class I"),
        LimitClass.U: Bilingual("ウ", "class U"),
        LimitClass.E: Bilingual("エ", "class E"),
        LimitClass.O: Bilingual("オ", "class O"),
        LimitClass.O_BORDER: Bilingual("オ（境）", "class O, border"),
        LimitClass.ACTIVE_3: Bilingual("現役並みⅢ", "active income 3"),
        LimitClass.ACTIVE_2: Bilingual("現役並みⅡ", "active income 2"),
        LimitClass.ACTIVE_1: Bilingual("現役並みⅠ", "active income 1"),
        LimitClass.GENERAL: Bilingual("一般", "general"),
        LimitClass.LOW_2: Bilingual("低所得Ⅱ", "low income 2"),
        LimitClass.LOW_1: Bilingual("低所得Ⅰ", "low income 1"),
        LimitClass.LOW_1_WELFARE: Bilingual("低所得Ⅰ（老福）", "low income 1, old-age welfare pension"),
        LimitClass.LOW_1_BORDER: Bilingual("低所得Ⅰ（境）", "low income 1, border"),
        LimitClass.GENERAL_2: Bilingual("一般Ⅱ", "general 2"),
        LimitClass.GENERAL_1: Bilingual("一般Ⅰ", "general 1"),
    },
)

SPECIFIC_DISEASE = exhaustive(
    SpecificDisease,
    {
        SpecificDisease.RENAL_FAILURE: Bilingual("人工透析を要する慢性腎不全", "renal failure on dialysis"),
        SpecificDisease.HAEMOPHILIA: Bilingual("先天性血液凝固因子障害", "haemophilia"),
        SpecificDisease.HIV_BY_BLOOD_PRODUCT: Bilingual(
            "血液凝固因子製剤によるHIV感染症", "HIV by blood products"
        ),
    },
)

TICKET = exhaustive(
    TicketType,
    {
        TicketType.MEDICAL: Bilingual("医療券", "Medical ticket"),
        TicketType.DISPENSING: Bilingual("調剤券", "Dispensing ticket"),
    },
)

TREATMENT = exhaustive(
    TicketTreatment,
    {
        TicketTreatment.INPATIENT: Bilingual("入院", "inpatient"),
        TicketTreatment.OUTPATIENT: Bilingual("入院外", "outpatient"),
        TicketTreatment.DENTAL: Bilingual("歯科", "dental"),
        TicketTreatment.DISPENSING: Bilingual("調剤", "dispensing"),
        TicketTreatment.VISITING_NURSING: Bilingual("訪問看護", "visiting nursing"),
    },
)

COMBINED = exhaustive(
    SingleOrCombined,
    {
        SingleOrCombined.SINGLE: Bilingual("単独", "single"),
        SingleOrCombined.COMBINED: Bilingual("併用", "combined"),
    },
)

CARE = exhaustive(
    Care,
    {
        Care.OUTPATIENT: Bilingual("外来", "outpatient"),
        Care.HOME_VISIT: Bilingual("訪問診療など", "home visit"),
        Care.ONLINE: Bilingual("オンライン診療など", "online"),
        Care.EMERGENCY: Bilingual("救急時", "emergency"),
    },
)

END_REASON = exhaustive(
    EndReason,
    {
        EndReason.CARE_FORM: Bilingual("診療の終了", "end of the consultation"),
        EndReason.BY_FACILITY: Bilingual("医療機関等による取り消し", "by the facility"),
        EndReason.BY_PATIENT: Bilingual("患者による取り消し", "by the patient"),
        EndReason.OTHER_USE: Bilingual("用途変更による取り消し", "different use"),
    },
)

BASIS = exhaustive(
    Basis,
    {
        Basis.PIN: Bilingual("暗証番号", "PIN"),
        Basis.VISUAL_CHECK: Bilingual("目視確認（暗証番号なし）", "visual check, without the PIN"),
        Basis.OWN_ACCESS: Bilingual(
            "本人の画面（カードの署名なし）", "the person's own page, without the card's signature"
        ),
        Basis.EMERGENCY: Bilingual("救急時（同意なし）", "emergency, without consent"),
        Basis.DISASTER: Bilingual("災害時", "disaster"),
    },
)

HISTORY_RESOURCE = exhaustive(
    HistoryResource,
    {
        HistoryResource.MEDICATIONS: Bilingual("薬剤情報", "Medicines"),
        HistoryResource.TREATMENTS: Bilingual("診療情報", "Treatments"),
        HistoryResource.SURGERIES: Bilingual("手術情報", "Surgery"),
        HistoryResource.DIAGNOSES: Bilingual("傷病名", "Diagnoses"),
        HistoryResource.HEALTH_CHECKUPS: Bilingual("健診結果", "Health check-ups"),
    },
)

ORIGIN = exhaustive(
    Origin,
    {
        Origin.CLAIM: Bilingual("レセプト", "claim"),
        Origin.DISPENSING: Bilingual("調剤情報（請求前）", "dispensed, not claimed yet"),
        Origin.PRESCRIPTION: Bilingual("処方情報（請求前）", "prescribed, not claimed yet"),
        Origin.ON_SITE: Bilingual("院内処方情報（請求前）", "dispensed on-site, not claimed yet"),
    },
)

SETTING = exhaustive(
    CareSetting,
    {
        CareSetting.OUTPATIENT: Bilingual("外来", "outpatient"),
        CareSetting.INPATIENT: Bilingual("入院", "inpatient"),
        CareSetting.PHARMACY: Bilingual("薬局", "pharmacy"),
    },
)

DISASTER_CONSENT = exhaustive(
    DisasterConsent,
    {
        DisasterConsent.ORAL: Bilingual("本人が口頭で同意した", "the patient agreed orally"),
        DisasterConsent.UNCONSCIOUS: Bilingual(
            "意識不明などで確認できない", "unconscious, or could not be asked"
        ),
    },
)

EMERGENCY_REASON = exhaustive(
    EmergencyReason,
    {
        EmergencyReason.UNCONSCIOUS: Bilingual("意識がない", "unconscious"),
        EmergencyReason.LIFE_THREATENING: Bilingual("生命の危険がある", "danger to life"),
        EmergencyReason.CANNOT_EXPRESS: Bilingual("意思表示ができない", "cannot express consent"),
    },
)
