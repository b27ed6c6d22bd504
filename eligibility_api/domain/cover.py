"""The days that an enrolment covers: the insurer's period, limited by the legal end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from eligibility_api.contract.codes import CertificateKind, Relationship
from eligibility_api.contract.identifiers import is_late_elderly, law_of
from eligibility_api.domain.ages import late_elderly_from
from eligibility_api.domain.enrolment_version import EnrolmentVersion

_DAY = timedelta(days=1)


def ends_on(enrolment: EnrolmentVersion) -> date | None:
    """The first uninsured day: `lost_on`, or the legal end if that is earlier (rules D2 to D4).

    A `lost_on` at most a day after the 75th birthday stays: insurers count the end from the birthday or from the
    day after it. Never before `acquired_on`; None if no end is known.
    """
    lost_on = enrolment.lost_on
    if enrolment.certificate_kind is CertificateKind.MEDICAL_AID or is_late_elderly(enrolment.insurer_number):
        return lost_on
    birthday = min(_birthdays(enrolment))
    if lost_on is not None and lost_on <= birthday + _DAY:
        return lost_on
    legal = birthday + _DAY if _is_municipal(enrolment.insurer_number) else birthday
    return max(enrolment.acquired_on, legal)


def covers(enrolment: EnrolmentVersion, day: date) -> bool:
    """Whether the insurance holds on `day` (rule D1)."""
    end = ends_on(enrolment)
    return enrolment.acquired_on <= day and (end is None or day < end)


def ended(enrolment: EnrolmentVersion, day: date) -> bool:
    """Whether the insurance has ended by `day` (rule D1)."""
    end = ends_on(enrolment)
    return end is not None and end <= day


def _is_municipal(insurer_number: str) -> bool:
    """Whether a municipality insures: it alone loses its member on the day after the birthday (国民健康保険法 art. 8).

    National health insurance associations (国保組合, art. 21) lose theirs on the birthday, as all others do. Their
    numbers have six digits too; within the prefecture they count from 301 on.
    """
    return law_of(insurer_number) is None and insurer_number[2] != "3"


def _birthdays(enrolment: EnrolmentVersion) -> Iterator[date]:
    """The 75th birthdays that end it: the person's and, for a dependant, the insured person's (rules D3, D4).

    National health insurance has no dependants (国民健康保険法 art. 5): each person of a household is insured alone.
    """
    yield late_elderly_from(enrolment.birth_date)
    dependant = (
        enrolment.relationship is Relationship.DEPENDANT and law_of(enrolment.insurer_number) is not None
    )
    if dependant and enrolment.insured_birth_date is not None:
        yield late_elderly_from(enrolment.insured_birth_date)
