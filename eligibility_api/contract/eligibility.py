"""Eligibility by card: what is asked, and what is answered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import AwareDatetime, ConfigDict, Field, StrictBool

from eligibility_api.contract import examples
from eligibility_api.contract.codes import CertificateKind, ReasonOfLoss, Relationship, Sex, Validity
from eligibility_api.contract.member import (
    ElderlyCertificate,
    LimitCertificate,
    MedicalTicket,
    SpecificDiseaseCertificate,
)
from eligibility_api.contract.membership import MembershipQuery
from eligibility_api.contract.wire import Answer, Bytes, Day, OperatorName, RequestModel, Text


class Proof(RequestModel):
    """What a card gave for a challenge: its user-authentication certificate (DER) and the signature.

    The signature is over `contract.presence.to_be_signed(...)`: RSASSA-PKCS1-v1_5 with SHA-256 by an RSA key, ECDSA
    with SHA-384 (DER) by a P-384 key.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PROOF]})

    challenge: str = Field(max_length=512)
    certificate: Bytes
    signature: Bytes


class CardCheckRequest(Proof):
    """`POST /v1/eligibility/card`: the insurance of the person whose card signed, valid on a day."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PROOF | {"as_of": "2026-11-23"}]})

    as_of: Day | None = Field(default=None, description="The day asked for; today in Tokyo when left out.")
    known_version: Text | None = Field(
        default=None,
        max_length=64,
        description="The version of an earlier answer, to be told only of a change.",
    )


class VisualCheckRequest(CardCheckRequest):
    """`POST /v1/eligibility/visual-check`: the same, where staff compared the face (目視確認) instead of a PIN."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PROOF | {"operator": "受付 見本"}]})

    operator: OperatorName | None = Field(
        default=None, description="Who compared the face, as the facility names its staff; recorded."
    )


class NumberCheckRequest(MembershipQuery):
    """`POST /v1/eligibility/number`: the insurance of whom a certificate's numbers fit, valid on a day (OQS 4.1)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.NUMBER]})

    as_of: Day | None = Field(default=None, description="The day asked for; today in Tokyo when left out.")
    limit_certificate_consent: StrictBool = Field(
        default=False, description="The patient agrees that the limit certificate is shown."
    )
    known_version: Text | None = Field(default=None, max_length=64)
    known_at: AwareDatetime | None = Field(
        default=None,
        description="As the fund knew it at that instant, for a facility that asked about this person by then.",
    )


class Enrolment(Answer):
    """One entitlement as it is answered (資格情報): fields of `ResultOfQualificationConfirmation`."""

    certificate_kind: CertificateKind
    insurer_number: str
    insurer_name: str
    symbol: str | None
    number: str
    branch: str | None
    relationship: Relationship
    insured_name: str | None = Field(description="被保険者（世帯主）氏名.")
    name: str
    name_kana: str | None
    name_alias: str | None
    name_alias_kana: str | None
    sex: Sex
    sex_on_certificate: Sex | None
    birth_date: date
    address: str | None
    postal_code: str | None
    acquired_on: date = Field(description="First insured day (資格取得日).")
    lost_on: date | None = Field(description="First uninsured day (資格喪失日).")
    reason_of_loss: ReasonOfLoss | None
    issued_on: date | None
    valid_from: date | None
    valid_to: date | None
    burden_ratio: int | None = Field(description="Percent; transmitted for the late-elderly scheme only.")
    burden_expected: bool = Field(
        description="Whether a ratio belongs to this member on the day, here or on the elderly certificate. Elsewhere"
        " its absence is normal."
    )
    preschool: bool = Field(description="未就学者: until 31 March after the sixth birthday.")
    elderly_certificate: ElderlyCertificate | None
    limit_certificate_consent: bool
    limit_certificate: LimitCertificate | None = Field(description="Only as consented, and valid on the day.")
    specific_disease_consent: bool
    specific_diseases: list[SpecificDiseaseCertificate] = Field(
        description="Only as consented, valid on the day."
    )
    medical_tickets: list[MedicalTicket] = Field(
        description="Medical aid: the asking institution's tickets of the month of the day."
    )


class EligibilityAnswer(Answer):
    """The fund's answer about one person: whose card signed, or whom a look-up by number fits.

    With validity 1 or 6 `results` holds every entitlement of the day, with validity 2 or 3 the one that ended; with
    validity 4 or 5 it is empty.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ELIGIBILITY]})

    unchanged: Literal[False] = False
    validity: Validity
    as_of: date
    answered_at: datetime = Field(description="The fund's clock at the moment of the record.")
    record_id: str = Field(description="Names the audit record of this answer.")
    version: str | None = Field(
        description="Opaque; changes when what this facility would be told about the person changes. None where the"
        " answer is about nobody (validity 4 or 5 by number)."
    )
    reference_number: str | None = Field(
        default=None,
        description="照会番号: the facility's own number for the person, where it registered one.",
    )
    results: list[Enrolment]


class UnchangedAnswer(Answer):
    """What a client that sent `known_version` gets when nothing has changed since."""

    unchanged: Literal[True] = True
    validity: Validity
    as_of: date
    answered_at: datetime
    record_id: str
