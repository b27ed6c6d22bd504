"""Builders of members and answer inputs for tests of the rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from eligibility_api.contract.codes import (
    Category,
    CertificateKind,
    FacilityKind,
    LimitCertificateKind,
    LimitClass,
    Relationship,
    Sex,
    SingleOrCombined,
    SpecificDisease,
    TicketTreatment,
    TicketType,
)
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.enrolment import Mismatch
from eligibility_api.contract.member import (
    BurdenRatio,
    ElderlyCertificate,
    LimitCertificate,
    MedicalTicket,
    SpecificDiseaseCertificate,
)
from eligibility_api.domain.eligibility import AnswerInputs, answer
from eligibility_api.domain.enrolment_version import Channel, EnrolmentVersion, Ticket

TODAY = date(2026, 4, 1)
DAY = timedelta(days=1)
YEAR = timedelta(days=365)
KEY = bytes(range(32))
PERSON, OTHER_PERSON = bytes(16), bytes([1]) * 16
SOCIETY, MUNICIPAL, LATE_ELDERLY, WELFARE = "06130017", "138057", "39131008", "12143210"
ASSOCIATION = "133991"
"""A national health insurance association (国保組合)."""
CLINIC, OTHER_CLINIC = "1311111114", "0110113719"
AID = CertificateKind.MEDICAL_AID
DEPENDANT = Relationship.DEPENDANT

MEMBER = EnrolmentVersion(
    version=1,
    entitlement=1,
    person_key=PERSON,
    mismatch=Mismatch.NONE,
    certificate_kind=CertificateKind.GENERAL,
    insurer_number=SOCIETY,
    insurer_name="試験健康保険組合",
    symbol="見本",
    number="1",
    branch="00",
    relationship=Relationship.INSURED,
    name="試験　見本",
    name_kana="シケン　ミホン",
    sex=Sex.FEMALE,
    birth_date=date(1980, 5, 17),
    postal_code="000-0000",
    address="架空県見本市１番地",
    acquired_on=TODAY - YEAR,
)


def insured(
    version: int = 1, acquired_on: date = TODAY - YEAR, lost_on: date | None = None, **changes: Any
) -> EnrolmentVersion:
    """A version; by default of an entitlement of its own."""
    values: dict[str, Any] = {"version": version, "entitlement": version} | changes
    return replace(MEMBER, acquired_on=acquired_on, lost_on=lost_on, **values)


def aid(
    version: int = 1, acquired_on: date = TODAY - YEAR, lost_on: date | None = None, **changes: Any
) -> EnrolmentVersion:
    """Medical aid."""
    return insured(version, acquired_on, lost_on, certificate_kind=AID, insurer_number=WELFARE, **changes)


def ticket(
    version: int = 1, institution_code: str = CLINIC, first: date = TODAY, last: date = TODAY + 29 * DAY
) -> Ticket:
    """A medical ticket of the month of its first day."""
    return Ticket(
        version,
        MedicalTicket(
            ticket_type=TicketType.MEDICAL,
            month=first.isoformat()[:7],
            valid_from=first,
            valid_to=last,
            issue_number=str(version),
            institution_code=institution_code,
            institution_name="見本医院",
            treatment=TicketTreatment.OUTPATIENT,
            single_or_combined=SingleOrCombined.SINGLE,
            self_pay=0,
        ),
    )


def elderly(first: date, last: date | None, burden_ratio: BurdenRatio = 20) -> ElderlyCertificate:
    """An elderly certificate."""
    return ElderlyCertificate(valid_from=first, valid_to=last, burden_ratio=burden_ratio)


def limit(first: date, last: date | None) -> LimitCertificate:
    """A limit certificate."""
    return LimitCertificate(
        kind=LimitCertificateKind.LIMIT, limit_class=LimitClass.U, valid_from=first, valid_to=last
    )


def disease(first: date, last: date | None) -> SpecificDiseaseCertificate:
    """A certificate of a specific disease."""
    return SpecificDiseaseCertificate(
        disease=SpecificDisease.RENAL_FAILURE, valid_from=first, valid_to=last, self_pay=10_000
    )


CARD = AnswerInputs(
    record_id="4711",
    answered_at=datetime(2026, 4, 1, 1, 0, tzinfo=UTC),
    as_of=TODAY,
    channel=Channel.CARD,
    facility_kind=FacilityKind.CLINIC,
    institution_code=CLINIC,
    person_key=PERSON,
    enrolments=[MEMBER],
)


def by_card(*enrolments: EnrolmentVersion, **changes: Any) -> AnswerInputs:
    """Inputs of an answer by card."""
    return replace(CARD, enrolments=enrolments, **changes)


def by_number(*enrolments: EnrolmentVersion, asked: int | set[int] = 1, **changes: Any) -> AnswerInputs:
    """Inputs of an answer by number, for a membership that matches the entitlements `asked`."""
    entitlements = frozenset({asked} if isinstance(asked, int) else asked)
    return replace(
        CARD, channel=Channel.NUMBER, person_key=None, enrolments=enrolments, asked=entitlements, **changes
    )


def full_answer(reading: AnswerInputs) -> EligibilityAnswer:
    """The answer, which must not be `unchanged`."""
    given = answer(reading, version_key=KEY)
    assert isinstance(given, EligibilityAnswer)
    return given


ALL_CONSENTS = frozenset(Category)

days = st.dates(min_value=TODAY - 3 * YEAR, max_value=TODAY + 3 * YEAR)


@st.composite
def histories(draw: st.DrawFn) -> list[EnrolmentVersion]:
    """Up to six enrolments of one person, with and without an end."""
    made = []
    for version in range(draw(st.integers(0, 6))):
        acquired_on = draw(days)
        length = draw(st.none() | st.integers(1, 800))
        lost_on = acquired_on + length * DAY if length is not None else None
        number = draw(st.sampled_from([SOCIETY, MUNICIPAL, LATE_ELDERLY]))
        change = {"certificate_kind": AID} if draw(st.booleans()) else {"insurer_number": number}
        made.append(insured(version, acquired_on, lost_on, **change))
    return made
