"""Presents one enrolment to one facility on one day (rule version 2)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any

from eligibility_api.contract.codes import Category, CertificateKind, FacilityKind
from eligibility_api.contract.facility_kinds import FACILITY_KINDS
from eligibility_api.contract.member import LimitCertificate, MedicalTicket, SpecificDiseaseCertificate
from eligibility_api.contract.member_items import Enrolment
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.domain.version_2.ages import burden_expected, preschool_until
from eligibility_api.domain.version_2.cover import covers, ended, ends_on


@dataclass(frozen=True, slots=True)
class DisclosureScope:
    """The facility, the day, and what may be disclosed. `protected`: the person's address is withheld."""

    as_of: date
    facility_kind: FacilityKind
    institution_code: str
    consents: Collection[Category]
    protected: bool

    @property
    def address(self) -> bool:
        """Whether addresses are shown: not of protected persons, nor to eligibility-only facilities (S2)."""
        return not self.protected and FACILITY_KINDS[self.facility_kind].address

    @property
    def limit_certificate(self) -> bool:
        """Whether the limit certificate may be shown (rule S5)."""
        return Category.LIMIT_CERTIFICATE in self.consents

    @property
    def specific_diseases(self) -> bool:
        """Whether diseases may be shown: with consent, but never to eligibility-only facilities (rule S6)."""
        return FACILITY_KINDS[self.facility_kind].medical and Category.SPECIFIC_DISEASES in self.consents


def tickets_of(enrolment: EnrolmentVersion, view: DisclosureScope) -> list[MedicalTicket]:
    """The medical tickets that admit the asking institution on the day (rule S7)."""
    if enrolment.certificate_kind is not CertificateKind.MEDICAL_AID or not covers(enrolment, view.as_of):
        return []
    tickets = [t for t in sorted(enrolment.tickets, key=lambda t: t.version) if _lets_treat(t.ticket, view)]
    return [t.ticket for t in tickets]


def _lets_treat(ticket: MedicalTicket, view: DisclosureScope) -> bool:
    own = ticket.institution_code == view.institution_code
    of_month = ticket.month == view.as_of.isoformat()[:7]
    return own and of_month and ticket.valid_from <= view.as_of <= ticket.valid_to


_COPIED = (
    "insurer_number", "insurer_name", "certificate_kind", "symbol", "number", "branch", "relationship", "insured_name",
    "name", "name_kana", "name_alias", "name_alias_kana", "sex", "sex_on_certificate", "birth_date", "acquired_on",
    "issued_on", "valid_from", "valid_to", "burden_ratio", "elderly_certificate",
)  # fmt: skip
"""Items that an answer carries as they are stored; `present` decides on every other field of an answer."""

SHOWN = frozenset(_COPIED) | {
    "address", "postal_code", "lost_on", "reason_of_loss", "burden_expected", "preschool", "limit_certificate_consent",
    "limit_certificate", "specific_disease_consent", "specific_diseases", "medical_tickets",
}  # fmt: skip
"""The fields of an answer of version 2. Later ones are absent, so that its JSON is the one that was given."""

_read_copied = attrgetter(*_COPIED)

_BLANK: dict[str, Any] = dict.fromkeys(name for name in Enrolment.model_fields if name in SHOWN)
"""The fields of an answer in their order, which is the order of its JSON."""


def present(enrolment: EnrolmentVersion, view: DisclosureScope) -> Enrolment:
    """One result of an answer (rules S2 to S8).

    Certificates count on days that both they and the enrolment cover.
    """
    as_of = view.as_of
    values = _BLANK.copy()
    values.update(zip(_COPIED, _read_copied(enrolment), strict=True))
    if view.address:
        values["address"] = enrolment.address
        values["postal_code"] = enrolment.postal_code
    values["lost_on"] = lost_on = _lost_on(enrolment, as_of)
    if enrolment.lost_on == lost_on:
        values["reason_of_loss"] = enrolment.reason_of_loss
    values["burden_expected"] = burden_expected(enrolment, as_of)
    values["preschool"] = as_of <= preschool_until(enrolment.birth_date)
    values["limit_certificate_consent"] = view.limit_certificate
    values["limit_certificate"] = _limit_certificate(enrolment, view)
    values["specific_disease_consent"] = view.specific_diseases
    values["specific_diseases"] = _specific_diseases(enrolment, view)
    values["medical_tickets"] = tickets_of(enrolment, view)
    return Enrolment.from_trusted(values)


def _lost_on(enrolment: EnrolmentVersion, as_of: date) -> date | None:
    """The stored day, or an earlier legal end that has come; the reason belongs to the former (rule S3)."""
    return ends_on(enrolment) if ended(enrolment, as_of) else enrolment.lost_on


def _limit_certificate(enrolment: EnrolmentVersion, view: DisclosureScope) -> LimitCertificate | None:
    certificate = enrolment.limit_certificate
    if certificate is None or not view.limit_certificate or not covers(enrolment, view.as_of):
        return None
    return certificate if _holds(certificate, view.as_of) else None


def _specific_diseases(
    enrolment: EnrolmentVersion, view: DisclosureScope
) -> list[SpecificDiseaseCertificate]:
    certificates: Sequence[SpecificDiseaseCertificate] = enrolment.specific_diseases
    if not view.specific_diseases or not covers(enrolment, view.as_of):
        return []
    return [certificate for certificate in certificates if _holds(certificate, view.as_of)]


def _holds(certificate: LimitCertificate | SpecificDiseaseCertificate, day: date) -> bool:
    # Version 2 knew no certificate without a last day.
    return certificate.valid_from <= day <= (certificate.valid_to or day)
