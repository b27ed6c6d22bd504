"""On which days an enrolment covers: what the insurer says, within what the law lets it say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from eligibility_api.contract.codes import CertificateKind, Relationship
from eligibility_api.contract.numbers import is_late_elderly_number, law_of
from eligibility_api.domain.ages import late_elderly_from
from eligibility_api.domain.enrolment_version import EnrolmentVersion


def ends_on(held: EnrolmentVersion) -> date | None:
    """The first uninsured day: the insurer's `lost_on`, or the law's where that is earlier; never before `acquired_on`.

    None where no end is known.
    """
    if held.certificate_kind is CertificateKind.MEDICAL_AID or is_late_elderly_number(held.insurer_number):
        return held.lost_on
    legal = max(held.acquired_on, min(_legal_ends(held)))
    return legal if held.lost_on is None else min(held.lost_on, legal)


def covers(held: EnrolmentVersion, day: date) -> bool:
    """Whether the insurance holds on `day`."""
    end = ends_on(held)
    return held.acquired_on <= day and (end is None or day < end)


def ended(held: EnrolmentVersion, day: date) -> bool:
    """Whether the insurance held before, and no longer on `day`."""
    end = ends_on(held)
    return end is not None and end <= day


def _legal_ends(held: EnrolmentVersion) -> Iterator[date]:
    """At 75 one passes into the late-elderly scheme, and one's dependants lose their cover with one's own.

    National health insurance has no dependants (国民健康保険法 art. 5): each of a household is insured for herself.
    """
    yield late_elderly_from(held.birth_date)
    dependant = held.relationship is Relationship.DEPENDANT and law_of(held.insurer_number) is not None
    if dependant and held.insured_birth_date is not None:
        yield late_elderly_from(held.insured_birth_date)
