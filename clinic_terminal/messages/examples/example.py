"""What an example is, and values that several share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from clinic_terminal.clock import JAPAN
from clinic_terminal.messages.certificates import LimitApplicationCertificate, MedicalTicketInfo
from clinic_terminal.messages.codes import Applies, ConsentFlag, DesignatedInstitution, LimitConsent
from clinic_terminal.messages.eligibility import SearchInfo
from clinic_terminal.messages.entitlement import DiseaseConsent, Entitlement, Membership, ViewingConsent
from clinic_terminal.messages.headers import Message
from eligibility_api.contract.codes import (
    CertificateKind,
    LimitCertificateKind,
    LimitClass,
    Relationship,
    Sex,
    SingleOrCombined,
    TicketTreatment,
    TicketType,
)


@dataclass(frozen=True, slots=True)
class Example:
    """A message: the prefix of its file, and what it shows."""

    prefix: str
    case: str
    message: Message


NOW = datetime(2026, 11, 30, 9, 15, 30, tzinfo=JAPAN)
TODAY = NOW.date()
CLINIC = "1311111114"
FILE_IDENTIFIER = "karte-000123"

P01_SEARCH = SearchInfo.model_validate(
    {
        "insurer_number": "01130012",
        "symbol": "架空",
        "number": "7701",
        "branch": "00",
        "birth_date": "19850615",
        "limit_consent": LimitConsent.NOT_GIVEN,
        "arbitrary_identifier": "00042",
    }
)
P13_SEARCH = P01_SEARCH.model_copy(
    update={
        "insurer_number": "06130017",
        "symbol": "123",
        "number": "7713",
        "birth_date": TODAY.replace(year=1970, month=2, day=2),
        "limit_consent": LimitConsent.GIVEN,
        "arbitrary_identifier": "00043",
    }
)

GIVEN = ViewingConsent(flag=ConsentFlag.GIVEN, consented_at=NOW, available_until=NOW.replace(day=1, month=12))
NOT_GIVEN = ViewingConsent(flag=ConsentFlag.NOT_GIVEN)

P01_MEMBERSHIP = Membership.model_validate(
    {
        "certificate_kind": CertificateKind.GENERAL,
        "insurer_number": "01130012",
        "symbol": "架空",
        "number": "7701",
        "branch": "00",
        "relationship": Relationship.INSURED,
        "name": "試験　有効",
        "name_kana": "シケン ユウコウ",
        "sex": Sex.MALE,
        "birth_date": "19850615",
        "address": "東京都架空市見本町一丁目１番１号",
        "postal_code": "100-0001",
        "acquired_on": "20210401",
        "issued_on": "20210405",
        "valid_from": "20210401",
        "insurer_name": "架空健康保険協会",
    }
)


def entitlement(membership: Membership, **more: object) -> Entitlement:
    """An entitlement of a membership with certificates, tickets and consents."""
    return Entitlement.model_validate(_fields(membership) | more)


def _fields(membership: Membership) -> dict[str, object]:
    return {name: getattr(membership, name) for name in Membership.model_fields}


NO_CONSENTS: dict[str, object] = {
    "limit_consent": LimitConsent.NOT_GIVEN,
    "disease_consent": DiseaseConsent(flag=ConsentFlag.NOT_GIVEN),
    "health_checkups": NOT_GIVEN,
    "medicines": NOT_GIVEN,
    "treatments": NOT_GIVEN,
    "operations": NOT_GIVEN,
    "diagnoses": NOT_GIVEN,
    "infections": NOT_GIVEN,
    "allergies": NOT_GIVEN,
    "drug_allergies": NOT_GIVEN,
    "tests": NOT_GIVEN,
    "prescriptions": NOT_GIVEN,
}
"""The flag of every kind of consent, which each entitlement has, also one found by numbers."""

P01_BY_NUMBER = entitlement(P01_MEMBERSHIP, **NO_CONSENTS)

P01_RESULT = entitlement(
    P01_MEMBERSHIP,
    **NO_CONSENTS
    | {
        "limit_consent": LimitConsent.GIVEN,
        "limit_consented_at": NOW,
        "health_checkups": GIVEN,
        "medicines": GIVEN,
        "treatments": GIVEN,
        "prescriptions": GIVEN,
    },
)

P13_RESULT = entitlement(
    P01_MEMBERSHIP.model_copy(
        update={
            "insurer_number": "06130017",
            "symbol": "123",
            "number": "7713",
            "name": "架空　限度ア",
            "name_kana": "ｶｸｳ ｹﾞﾝﾄﾞｱ",
            "birth_date": P13_SEARCH.birth_date,
            "acquired_on": TODAY.replace(year=2010, month=4, day=1),
            "insurer_name": "架空健康保険組合",
        }
    ),
    **NO_CONSENTS
    | {
        "limit_consent": LimitConsent.GIVEN,
        "limit_consented_at": NOW,
        "limit_certificate": LimitApplicationCertificate(
            kind=LimitCertificateKind.LIMIT,
            limit_class=LimitClass.A,
            issued_on=TODAY - timedelta(days=120),
            valid_from=TODAY - timedelta(days=121),
        ),
    },
)

AID_RESULT = entitlement(
    P01_MEMBERSHIP.model_copy(
        update={
            "certificate_kind": CertificateKind.MEDICAL_AID,
            "insurer_number": "12131007",
            "symbol": None,
            "number": "1234566",
            "branch": None,
            "insurer_name": "架空市福祉事務所",
        }
    ),
    medical_tickets=(
        MedicalTicketInfo(
            ticket_type=TicketType.MEDICAL,
            valid_from=TODAY.replace(day=1),
            valid_to=TODAY,
            issue_number="0034",
            month="202611",
            institution_code=CLINIC,
            institution_flag=DesignatedInstitution.SAME,
            institution_name="架空内科医院",
            treatment=TicketTreatment.OUTPATIENT,
            self_pay=1500,
            single_or_combined=SingleOrCombined.COMBINED,
            social_insurance=Applies.YES,
            infection=Applies.NO,
        ),
    ),
    **NO_CONSENTS,
)
