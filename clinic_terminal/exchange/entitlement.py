"""One entitlement of the fund's answer as a group of elements (`ResultOfQualificationConfirmation`, OQS 4.2).

An item that the fund does not know has no element. The types of the elements give names and readings their form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from clinic_terminal.messages.certificates import (
    ElderlyRecipientCertificate,
    LimitApplicationCertificate,
    MedicalTicketInfo,
    SpecificDiseasesCertificate,
)
from clinic_terminal.messages.codes import (
    ConsentFlag,
    DesignatedInstitution,
    LimitCertificateChange,
    LimitConsent,
    Preschool,
)
from clinic_terminal.messages.entitlement import (
    BulkEntitlement,
    DiseaseConsent,
    Entitlement,
    ViewingConsent,
)
from eligibility_api.contract.codes import Category
from eligibility_api.contract.consent import Allowed
from eligibility_api.contract.member import (
    ElderlyCertificate,
    LimitCertificate,
    MedicalTicket,
    SpecificDiseaseCertificate,
)
from eligibility_api.contract.member_items import Enrolment

Consents = Mapping[Category, Allowed]
"""What the patient allowed at this tap, by category."""

NO_CONSENT: Consents = {}
"""Of a look-up by number, and of a tap without a consent."""

VIEWING_FIELDS: Final[Mapping[str, Category]] = {
    "health_checkups": Category.HEALTH_CHECKUP,
    "medicines": Category.MEDICATION,
    "treatments": Category.TREATMENT,
    "operations": Category.SURGERY,
    "diagnoses": Category.DIAGNOSIS,
    "infections": Category.INFECTION,
    "allergies": Category.ALLERGY,
    "drug_allergies": Category.DRUG_ALLERGY,
    "tests": Category.TEST,
    "prescriptions": Category.PRESCRIPTION,
}
"""The fields of an entitlement's viewing consents; a test compares their elements with the contract's categories."""


def entitlement(enrolment: Enrolment, consents: Consents) -> Entitlement:
    """An entitlement with its certificates, tickets, and a flag for every kind of consent."""
    viewing: dict[str, Any] = {
        field: _viewing(consents.get(category)) for field, category in VIEWING_FIELDS.items()
    }
    return Entitlement(
        **_membership(enrolment),
        limit_consent=LimitConsent.GIVEN if enrolment.limit_certificate_consent else LimitConsent.NOT_GIVEN,
        limit_consented_at=enrolment.limit_certificate_consent_at
        if enrolment.limit_certificate_consent
        else None,
        limit_certificate=_limit(enrolment.limit_certificate),
        disease_consent=_disease_consent(enrolment, consents),
        specific_diseases=tuple(_disease(certificate) for certificate in enrolment.specific_diseases),
        medical_tickets=_tickets(enrolment),
        **viewing,
    )


def bulk_entitlement(enrolment: Enrolment, change: LimitCertificateChange) -> BulkEntitlement:
    """An entitlement in a bulk result: no consents, and of the limit certificate only whether it changed."""
    return BulkEntitlement(
        **_membership(enrolment), limit_certificate_changed=change, medical_tickets=_tickets(enrolment)
    )


def _membership(e: Enrolment) -> dict[str, Any]:
    return {
        "certificate_kind": e.certificate_kind,
        "insurer_number": e.insurer_number,
        "symbol": e.symbol,
        "number": e.number,
        "branch": e.branch,
        "relationship": e.relationship,
        "insured_name": e.insured_name,
        "name": e.name,
        "name_alias": e.name_alias,
        "name_kana": e.name_kana,
        "name_alias_kana": e.name_alias_kana,
        "sex": e.sex,
        "sex_on_certificate": e.sex_on_certificate,
        "birth_date": e.birth_date,
        "address": e.address,
        "postal_code": e.postal_code,
        "acquired_on": e.acquired_on,
        "lost_on": e.lost_on,
        "issued_on": e.issued_on,
        "valid_from": e.valid_from,
        "valid_to": e.valid_to,
        "burden_ratio": _ratio(e.burden_ratio),
        "preschool": Preschool.PRESCHOOL if e.preschool else None,
        "reason_of_loss": e.reason_of_loss,
        "insurer_name": e.insurer_name,
        "elderly_certificate": _elderly(e.elderly_certificate),
    }


def _ratio(percent: int | None) -> str | None:
    return None if percent is None else f"{percent:03}"


def _elderly(certificate: ElderlyCertificate | None) -> ElderlyRecipientCertificate | None:
    if certificate is None:
        return None
    return ElderlyRecipientCertificate(
        issued_on=certificate.issued_on,
        valid_from=certificate.valid_from,
        valid_to=certificate.valid_to,
        ratio=_ratio(certificate.burden_ratio),
    )


def _limit(certificate: LimitCertificate | None) -> LimitApplicationCertificate | None:
    if certificate is None:
        return None
    return LimitApplicationCertificate(
        kind=certificate.kind,
        limit_class=certificate.limit_class,
        issued_on=certificate.issued_on,
        valid_from=certificate.valid_from,
        valid_to=certificate.valid_to,
        long_term_from=certificate.long_term_on,
    )


def _disease(certificate: SpecificDiseaseCertificate) -> SpecificDiseasesCertificate:
    return SpecificDiseasesCertificate(
        disease=certificate.disease,
        issued_on=certificate.issued_on,
        valid_from=certificate.valid_from,
        valid_to=certificate.valid_to,
        self_pay=certificate.self_pay,
    )


def _disease_consent(enrolment: Enrolment, consents: Consents) -> DiseaseConsent:
    allowed = consents.get(Category.SPECIFIC_DISEASES)
    if not enrolment.specific_disease_consent or allowed is None:
        return DiseaseConsent(flag=ConsentFlag.NOT_GIVEN)
    return DiseaseConsent(flag=ConsentFlag.GIVEN, consented_at=allowed.given_at)


def _viewing(allowed: Allowed | None) -> ViewingConsent:
    """Flag and instants of a consent; one until it is withdrawn has no end (OQS 4.2, 11)."""
    if allowed is None:
        return ViewingConsent(flag=ConsentFlag.NOT_GIVEN)
    return ViewingConsent(
        flag=ConsentFlag.GIVEN, consented_at=allowed.given_at, available_until=allowed.available_until
    )


def _tickets(enrolment: Enrolment) -> tuple[MedicalTicketInfo, ...]:
    return tuple(_ticket(ticket) for ticket in enrolment.medical_tickets)


def _ticket(ticket: MedicalTicket) -> MedicalTicketInfo:
    """The fund answers the asking institution's own tickets only: the designated institution is the same."""
    return MedicalTicketInfo(
        ticket_type=ticket.ticket_type,
        valid_from=ticket.valid_from,
        valid_to=ticket.valid_to,
        issue_number=ticket.issue_number,
        month=ticket.month.replace("-", ""),
        institution_code=ticket.institution_code,
        institution_flag=DesignatedInstitution.SAME,
        institution_name=ticket.institution_name,
        treatment=ticket.treatment,
        self_pay=ticket.self_pay,
        single_or_combined=ticket.single_or_combined,
    )
