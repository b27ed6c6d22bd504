"""Code tables of the interface, with the values of the real one (OQSCD…) where it has them."""

from enum import StrEnum


class Validity(StrEnum):
    """資格有効性 (OQSCD006)."""

    VALID = "1"
    """有効: insured on the day."""
    INVALID = "2"
    """無効: was insured, and is no longer on the day."""
    INVALID_NEWER_EXISTS = "3"
    """無効（新しい資格あり）: the enrolment asked for has ended, the person has a newer one."""
    NOT_FOUND = "4"
    """該当資格なし: no enrolment is known."""
    AMBIGUOUS = "5"
    """複数該当: a look-up by number matches several persons; nobody is shown."""
    VALID_UNREGISTERED = "6"
    """有効（未登録）: medical aid without a registered ticket."""


class Sex(StrEnum):
    """性別 (OQSCD007)."""

    MALE = "1"
    FEMALE = "2"
    UNSET = "3"


class ReasonOfLoss(StrEnum):
    """資格喪失事由 (OQSCD008)."""

    DEATH = "01"
    PUBLIC_ASSISTANCE = "02"
    OTHER_INSURANCE = "03"
    OTHER = "99"


class Relationship(StrEnum):
    """本人・家族の別 (OQSCD009)."""

    INSURED = "1"
    DEPENDANT = "2"


class CertificateKind(StrEnum):
    """被保険者証区分 (OQSCD010)."""

    GENERAL = "01"
    RETIRED = "02"
    SHORT_TERM_GENERAL = "03"
    SHORT_TERM_RETIRED = "04"
    SPECIAL_REIMBURSEMENT = "05"
    SPECIAL_RETIRED = "06"
    SELF_DEFENCE = "07"
    MEDICAL_AID = "A1"


class LimitCertificateKind(StrEnum):
    """限度額適用認定証区分 (OQSCD011)."""

    LIMIT = "01"
    """限度額適用認定証."""
    LIMIT_AND_MEALS = "02"
    """限度額適用・標準負担額減額認定証."""
    MEALS = "03"
    """標準負担額減額認定証."""


class LimitClass(StrEnum):
    """限度額適用認定証適用区分 (OQSCD012): A under 70, B04 to B06 70 to 74 and older, B09 and B10 late-elderly."""

    A = "A01"
    I = "A02"  # noqa: E741 - イ, the official name
    U = "A03"
    E = "A04"
    O = "A05"  # noqa: E741 - オ
    O_BORDER = "A06"
    ACTIVE_3 = "B01"
    ACTIVE_2 = "B02"
    ACTIVE_1 = "B03"
    GENERAL = "B04"
    LOW_2 = "B05"
    LOW_1 = "B06"
    LOW_1_WELFARE = "B07"
    LOW_1_BORDER = "B08"
    GENERAL_2 = "B09"
    GENERAL_1 = "B10"


class SpecificDisease(StrEnum):
    """特定疾病療養受療証 認定疾病区分 (OQSCD013)."""

    RENAL_FAILURE = "1"
    """人工透析を要する慢性腎不全."""
    HAEMOPHILIA = "2"
    """先天性血液凝固因子障害 (第Ⅷ・第Ⅸ因子)."""
    HIV_BY_BLOOD_PRODUCT = "3"
    """血液凝固因子製剤による HIV 感染症."""


class TicketType(StrEnum):
    """券別 (OQSCD018)."""

    MEDICAL = "01"
    """医療券."""
    DISPENSING = "02"
    """調剤券."""


class TicketTreatment(StrEnum):
    """診療別 (OQSCD019)."""

    INPATIENT = "01"
    OUTPATIENT = "02"
    DENTAL = "03"
    DISPENSING = "04"
    VISITING_NURSING = "05"


class SingleOrCombined(StrEnum):
    """単独・併用別 (OQSCD020)."""

    SINGLE = "01"
    COMBINED = "02"


class Category(StrEnum):
    """Categories of information that need the patient's consent.

    Wording, groups and rules are in `categories.toml`.
    """

    LIMIT_CERTIFICATE = "limit-certificate"
    """限度額適用認定証."""
    SPECIFIC_DISEASES = "specific-diseases"
    """特定疾病療養受療証."""
    HEALTH_CHECKUP = "health-checkup"
    """特定健診情報."""
    MEDICATION = "medication"
    """薬剤情報, from claims."""
    PRESCRIPTION = "prescription"
    """処方・調剤情報, recorded immediately."""
    TREATMENT = "treatment"
    """診療情報."""
    ALLERGY = "allergy"
    """その他アレルギー等."""
    DRUG_ALLERGY = "drug-allergy"
    """薬剤アレルギー等."""
    TEST = "test"
    """検査."""
    SURGERY = "surgery"
    """手術情報, with its own question."""
    DIAGNOSIS = "diagnosis"
    """傷病名."""
    INFECTION = "infection"
    """感染症."""


class Care(StrEnum):
    """診療区分 (OQSCD028): the kind of care for which a permit is given; determines its duration."""

    OUTPATIENT = "1"
    """外来: 24 hours."""
    HOME_VISIT = "2"
    """訪問診療等: until withdrawn."""
    ONLINE = "3"
    """オンライン診療等: for one consultation."""
    EMERGENCY = "4"
    """救急時."""


class EndReason(StrEnum):
    """同意期限切れ理由 (OQSCD031)."""

    CARE_FORM = "0"
    """By the kind of care: the consultation is over."""
    BY_FACILITY = "1"
    """医療機関による取消."""
    BY_PATIENT = "2"
    """患者による取消."""
    OTHER_USE = "3"
    """用途変更による取消."""


class Role(StrEnum):
    """The role of an operator at a facility: the terminal's assertion, recorded as such."""

    RECEPTION = "reception"
    DOCTOR = "doctor"
    DENTIST = "dentist"
    PHARMACIST = "pharmacist"
    AUTHORISED_STAFF = "authorised-staff"
    """Staff whom the facility's administrator authorised by name; registered at the fund."""


class Information(StrEnum):
    """閲覧同意情報種別 (OQSCD036): the groups of information for which the reader asks consent."""

    SPECIFIC_DISEASES = "TSR"
    HEALTH_CHECKUP = "TKK"
    MEDICATION = "YZK"
    TREATMENT = "SRJ"
    SURGERY = "SHJ"


class InsurerKind(StrEnum):
    """Who enrols members: an insurer (保険者), or a welfare office (福祉事務所) with recipients of medical aid."""

    INSURER = "insurer"
    WELFARE_OFFICE = "welfare-office"


class FacilityKind(StrEnum):
    """The kind of institution; `facility_kinds.toml` has what each may do and be shown.

    `ELIGIBILITY_ONLY` is 資格確認限定型 (施術所 and others): reduced eligibility, no medical information.
    """

    CLINIC = "clinic"
    HOSPITAL = "hospital"
    DENTAL = "dental"
    PHARMACY = "pharmacy"
    VISITING_NURSING = "visiting-nursing"
    ELIGIBILITY_ONLY = "eligibility-only"


class Right(StrEnum):
    """The rights of a client; the scope of its tokens."""

    ELIGIBILITY = "eligibility"
    """Check the eligibility of a person who is present."""
    REGISTRATION = "registration"
    """Register a card for the first time (初回登録)."""
    VISUAL_CHECK = "visual-check"
    """Check eligibility by visual check (目視確認), without the PIN."""
    ENROLMENT = "enrolment"
    """Enrol and change one's own members (insurers only)."""
    CONSENT = "consent"
    """Register consents, and access what they allow."""
    PRESCRIPTION = "prescription"
    """Record prescriptions or dispensings."""
    EMERGENCY = "emergency"
    """Access without consent in an emergency (救急時医療情報閲覧), by operators with a second factor."""
    CLAIMS = "claims"
    """Send claims and health check-ups of one's own members (insurers only)."""
    APPROVAL = "enrolment-approval"
    """Approve or reject a held member file that another key uploaded (insurers only)."""
    OWN_ACCESS = "own-access"
    """Obtain a one-time code with which the card's holder reads her own information, on a device of her own."""


class Purpose(StrEnum):
    """The purpose of a presence challenge; each has its own tag in the bytes that the card signs."""

    ELIGIBILITY = "eligibility"
    FIRST_REGISTRATION = "first-registration"
    VISUAL_REGISTRATION = "visual-registration"
    """A first registration, after staff compared the face."""
    VISUAL_CHECK = "visual-check"
    CONSENT = "consent"
    """The wording of a consent, after the PIN."""
    VISUAL_CONSENT = "visual-consent"
    """The wording of a consent, after staff compared the face."""
    OWN_ACCESS = "own-access"
    """The holder's view of her own information: the answer is a one-time code."""
