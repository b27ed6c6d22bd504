"""Presents one enrolment to one facility on one day, by consents and protection."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from eligibility_api.contract.codes import Category, CertificateKind, FacilityKind
from eligibility_api.contract.facility_kinds import FACILITY_KINDS
from eligibility_api.contract.member import (
    ElderlyCertificate,
    LimitCertificate,
    MedicalTicket,
    SpecificDiseaseCertificate,
)
from eligibility_api.contract.member_items import MEMBER_ITEMS, Disclosure, Enrolment
from eligibility_api.domain.ages import preschool_until
from eligibility_api.domain.burden import burden_expected, elderly_certificate_expected
from eligibility_api.domain.cover import covers, ended, ends_on
from eligibility_api.domain.enrolment_version import EnrolmentVersion


@dataclass(frozen=True, slots=True)
class DisclosureScope:
    """The facility, the day, and what may be disclosed.

    `by_card`: a card signed for this answer, or for the consent that it follows. `protected`: the person's address
    is withheld. `answered_at`: the instant of the answer.
    """

    as_of: date
    answered_at: datetime
    by_card: bool
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
        """Whether the limit certificate may be shown: by card, by number with the desk's flag (rule S5)."""
        agreed = self.by_card or Category.LIMIT_CERTIFICATE in self.consents
        return agreed and FACILITY_KINDS[self.facility_kind].medical

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
    "insurer_number",
    "insurer_name",
    *(item.name for item in MEMBER_ITEMS if item.disclosure is Disclosure.AS_STORED),
)
"""Items that an answer carries as they are stored; `present` decides on every other field of an answer."""

_read_copied = attrgetter(*_COPIED)

_BLANK: dict[str, Any] = dict.fromkeys(Enrolment.model_fields)
"""The fields of an answer in their order, which is the order of its JSON."""


def present(enrolment: EnrolmentVersion, view: DisclosureScope) -> Enrolment:
    """One result of an answer (rules S2 to S8, S10).

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
    values["burden_expected"] = expected = burden_expected(enrolment, as_of)
    if expected:
        values["burden_ratio"] = enrolment.burden_ratio
        values["elderly_certificate"] = _elderly_certificate(enrolment, as_of)
    values["preschool"] = as_of <= preschool_until(enrolment.birth_date)
    values["limit_certificate_consent"] = limit = view.limit_certificate
    if limit:
        values["limit_certificate_consent_at"] = view.answered_at
        values["limit_certificate"] = _limit_certificate(enrolment, as_of)
    values["specific_disease_consent"] = view.specific_diseases
    values["specific_diseases"] = _specific_diseases(enrolment, view)
    values["medical_tickets"] = tickets_of(enrolment, view)
    return Enrolment.from_trusted(values)


def _lost_on(enrolment: EnrolmentVersion, as_of: date) -> date | None:
    """The stored day, or an earlier legal end that has come; the reason belongs to the former (rule S3)."""
    return ends_on(enrolment) if ended(enrolment, as_of) else enrolment.lost_on


def _elderly_certificate(enrolment: EnrolmentVersion, day: date) -> ElderlyCertificate | None:
    """The elderly certificate (rule S10)."""
    certificate = enrolment.elderly_certificate
    if certificate is None or not elderly_certificate_expected(enrolment, day) or not covers(enrolment, day):
        return None
    return certificate if _holds(certificate, day) else None


def _limit_certificate(enrolment: EnrolmentVersion, day: date) -> LimitCertificate | None:
    """The limit certificate (rule S5)."""
    certificate = enrolment.limit_certificate
    if certificate is None or not covers(enrolment, day):
        return None
    return certificate if _holds(certificate, day) else None


def _specific_diseases(
    enrolment: EnrolmentVersion, view: DisclosureScope
) -> list[SpecificDiseaseCertificate]:
    certificates: Sequence[SpecificDiseaseCertificate] = enrolment.specific_diseases
    if not view.specific_diseases or not covers(enrolment, view.as_of):
        return []
    return [certificate for certificate in certificates if _holds(certificate, view.as_of)]


def _holds(
    certificate: ElderlyCertificate | LimitCertificate | SpecificDiseaseCertificate, day: date
) -> bool:
    """Whether a certificate counts on a day; one without a last day counts from its first on (rule S11)."""
    return certificate.valid_from <= day and (certificate.valid_to is None or day <= certificate.valid_to)
