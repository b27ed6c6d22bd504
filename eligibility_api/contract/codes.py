"""Code tables that travel in answers, under the names of the real interface (OQSCD…) where it has them."""

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
    """複数該当: a look-up by number fits several persons; nobody is shown."""
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


class FacilityKind(StrEnum):
    """What kind of institution asks; decides what it may be shown.

    `ELIGIBILITY_ONLY` stands for 資格確認限定型 (施術所 and others): eligibility, reduced, and nothing medical.
    """

    CLINIC = "clinic"
    HOSPITAL = "hospital"
    DENTAL = "dental"
    PHARMACY = "pharmacy"
    VISITING_NURSING = "visiting-nursing"
    ELIGIBILITY_ONLY = "eligibility-only"


class Right(StrEnum):
    """What a client is admitted for; travels as the scope of its tokens."""

    ELIGIBILITY = "eligibility"
    """Ask about the insurance of a person who is present."""
    REGISTRATION = "registration"
    """Take a first registration (初回登録)."""
    VISUAL_CHECK = "visual-check"
    """Ask by visual check (目視確認), without the PIN."""
    ENROLMENT = "enrolment"
    """Enrol and end one's own members (insurers only)."""


class Purpose(StrEnum):
    """What a presence challenge is for; each has its own tag in the bytes that the card signs."""

    ELIGIBILITY = "eligibility"
    FIRST_REGISTRATION = "first-registration"
    VISUAL_CHECK = "visual-check"
