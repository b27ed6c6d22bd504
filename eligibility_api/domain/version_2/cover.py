"""The days that an enrolment covers: the insurer's period, limited by the legal end (rule version 2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from eligibility_api.contract.codes import CertificateKind, Relationship
from eligibility_api.contract.identifiers import is_late_elderly, law_of
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.domain.version_2.ages import late_elderly_from


def ends_on(enrolment: EnrolmentVersion) -> date | None:
    """The first uninsured day: `lost_on`, or the legal end if earlier, not before `acquired_on` (D2, D4).

    None if no end is known.
    """
    if enrolment.certificate_kind is CertificateKind.MEDICAL_AID or is_late_elderly(enrolment.insurer_number):
        return enrolment.lost_on
    legal = max(enrolment.acquired_on, min(_legal_ends(enrolment)))
    return legal if enrolment.lost_on is None else min(enrolment.lost_on, legal)


def covers(enrolment: EnrolmentVersion, day: date) -> bool:
    """Whether the insurance holds on `day` (rule D1)."""
    end = ends_on(enrolment)
    return enrolment.acquired_on <= day and (end is None or day < end)


def ended(enrolment: EnrolmentVersion, day: date) -> bool:
    """Whether the insurance has ended by `day` (rule D1)."""
    end = ends_on(enrolment)
    return end is not None and end <= day


def _legal_ends(enrolment: EnrolmentVersion) -> Iterator[date]:
    """The legal ends: at 75, the person's or, for a dependant, the insured person's (rules D3, D4).

    National health insurance has no dependants (国民健康保険法 art. 5): each person of a household is insured alone.
    """
    yield late_elderly_from(enrolment.birth_date)
    dependant = (
        enrolment.relationship is Relationship.DEPENDANT and law_of(enrolment.insurer_number) is not None
    )
    if dependant and enrolment.insured_birth_date is not None:
        yield late_elderly_from(enrolment.insured_birth_date)
