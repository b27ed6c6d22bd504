"""What a facility is shown of one enrolment on one day: which items, under which consents, with which address rule."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from eligibility_api.contract.codes import Category, CertificateKind, FacilityKind
from eligibility_api.contract.eligibility import Enrolment
from eligibility_api.contract.member import LimitCertificate, MedicalTicket, SpecificDiseaseCertificate
from eligibility_api.domain.ages import burden_expected, preschool_until
from eligibility_api.domain.cover import covers, ended, ends_on
from eligibility_api.domain.enrolment_version import EnrolmentVersion


@dataclass(frozen=True, slots=True)
class DisclosureScope:
    """Who looks, on which day, and how much it may see. `protected`: the person's address is nobody's business."""

    as_of: date
    facility_kind: FacilityKind
    institution_code: str
    consents: Collection[Category]
    protected: bool

    @property
    def address(self) -> bool:
        """Whether addresses are shown: not to who may only check eligibility, and of no protected person."""
        return not self.protected and self.facility_kind is not FacilityKind.ELIGIBILITY_ONLY

    @property
    def limit_certificate(self) -> bool:
        """Whether the limit certificate may be shown."""
        return Category.LIMIT_CERTIFICATE in self.consents

    @property
    def specific_diseases(self) -> bool:
        """Whether diseases may be shown: to no facility that may only check eligibility, whatever was consented."""
        medical = self.facility_kind is not FacilityKind.ELIGIBILITY_ONLY
        return medical and Category.SPECIFIC_DISEASES in self.consents


def tickets_of(held: EnrolmentVersion, view: DisclosureScope) -> list[MedicalTicket]:
    """The tickets of a medical aid that let the looking institution treat on the day: its own, of that month and day."""
    if held.certificate_kind is not CertificateKind.MEDICAL_AID or not covers(held, view.as_of):
        return []
    tickets = [t for t in sorted(held.tickets, key=lambda t: t.version) if _lets_treat(t.ticket, view)]
    return [t.ticket for t in tickets]


def _lets_treat(ticket: MedicalTicket, view: DisclosureScope) -> bool:
    own = ticket.institution_code == view.institution_code
    of_month = ticket.month == view.as_of.isoformat()[:7]
    return own and of_month and ticket.valid_from <= view.as_of <= ticket.valid_to


def present(held: EnrolmentVersion, view: DisclosureScope) -> Enrolment:
    """One result of an answer. Certificates of an enrolment count on days that it covers, and within their own days."""
    as_of = view.as_of
    lost_on = _lost_on(held, as_of)
    return Enrolment.from_trusted(
        certificate_kind=held.certificate_kind,
        insurer_number=held.insurer_number,
        insurer_name=held.insurer_name,
        symbol=held.symbol,
        number=held.number,
        branch=held.branch,
        relationship=held.relationship,
        insured_name=held.insured_name,
        name=held.name,
        name_kana=held.name_kana,
        name_alias=held.name_alias,
        name_alias_kana=held.name_alias_kana,
        sex=held.sex,
        sex_on_certificate=held.sex_on_certificate,
        birth_date=held.birth_date,
        address=held.address if view.address else None,
        postal_code=held.postal_code if view.address else None,
        acquired_on=held.acquired_on,
        lost_on=lost_on,
        reason_of_loss=held.reason_of_loss if held.lost_on == lost_on else None,
        issued_on=held.issued_on,
        valid_from=held.valid_from,
        valid_to=held.valid_to,
        burden_ratio=held.burden_ratio,
        burden_expected=burden_expected(held, as_of),
        preschool=as_of <= preschool_until(held.birth_date),
        elderly_certificate=held.elderly_certificate,
        limit_certificate_consent=view.limit_certificate,
        limit_certificate=_limit_certificate(held, view),
        specific_disease_consent=view.specific_diseases,
        specific_diseases=_specific_diseases(held, view),
        medical_tickets=tickets_of(held, view),
    )


def _lost_on(held: EnrolmentVersion, as_of: date) -> date | None:
    """The insurer's day; the law's once it has come, where that is earlier. The insurer's reason goes with its own day."""
    return ends_on(held) if ended(held, as_of) else held.lost_on


def _limit_certificate(held: EnrolmentVersion, view: DisclosureScope) -> LimitCertificate | None:
    certificate = held.limit_certificate
    if certificate is None or not view.limit_certificate or not covers(held, view.as_of):
        return None
    return certificate if _holds(certificate, view.as_of) else None


def _specific_diseases(held: EnrolmentVersion, view: DisclosureScope) -> list[SpecificDiseaseCertificate]:
    certificates: Sequence[SpecificDiseaseCertificate] = held.specific_diseases
    if not view.specific_diseases or not covers(held, view.as_of):
        return []
    return [certificate for certificate in certificates if _holds(certificate, view.as_of)]


def _holds(certificate: LimitCertificate | SpecificDiseaseCertificate, day: date) -> bool:
    return certificate.valid_from <= day <= certificate.valid_to
