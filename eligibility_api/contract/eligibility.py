"""Eligibility checks: requests and answers."""

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
    """A card's response to a challenge: its user-authentication certificate (DER) and the signature.

    The signature is over `contract.presence.to_be_signed(...)`: RSASSA-PKCS1-v1_5 with SHA-256 by an RSA key,
    ECDSA with SHA-384 (DER) by a P-384 key.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PROOF]})

    challenge: str = Field(max_length=512)
    certificate: Bytes
    signature: Bytes


class CardCheckRequest(Proof):
    """`POST /v1/eligibility/card`: the eligibility of the card's holder on a day."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PROOF | {"as_of": "2026-11-23"}]})

    as_of: Day | None = Field(default=None, description="The day to check; default: today in Japan.")
    known_version: Text | None = Field(
        default=None,
        max_length=64,
        description="The version of an earlier answer: if it still holds, the answer is `unchanged`.",
    )


class VisualCheckRequest(CardCheckRequest):
    """`POST /v1/eligibility/visual-check`: as by card, with a comparison of the face (目視確認) for the PIN."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PROOF | {"operator": "受付 見本"}]})

    operator: OperatorName | None = Field(
        default=None,
        description="The operator who compared the face, as the facility names its staff; recorded.",
    )


class NumberCheckRequest(MembershipQuery):
    """`POST /v1/eligibility/number`: eligibility on a day by the numbers of a certificate (OQS 4.1)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.NUMBER]})

    as_of: Day | None = Field(default=None, description="The day to check; default: today in Japan.")
    limit_certificate_consent: StrictBool = Field(
        default=False, description="The patient agrees to show the limit certificate."
    )
    known_version: Text | None = Field(default=None, max_length=64)
    known_at: AwareDatetime | None = Field(
        default=None,
        description="Answer as known at that instant; only for a facility that checked this person by then.",
    )


class Enrolment(Answer):
    """One entitlement in an answer (資格情報): fields of `ResultOfQualificationConfirmation`."""

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
        description="Whether a ratio is expected for this member on the day, here or on the elderly certificate. Otherwise"
        " its absence is normal."
    )
    preschool: bool = Field(description="未就学者: until 31 March after the sixth birthday.")
    elderly_certificate: ElderlyCertificate | None
    limit_certificate_consent: bool
    limit_certificate: LimitCertificate | None = Field(
        description="Only with consent, and if valid on the day."
    )
    specific_disease_consent: bool
    specific_diseases: list[SpecificDiseaseCertificate] = Field(
        description="Only with consent, and if valid on the day."
    )
    medical_tickets: list[MedicalTicket] = Field(
        description="Medical aid: the asking institution's tickets of the month of the day."
    )


class EligibilityAnswer(Answer):
    """The eligibility of one person: the card's holder, or the match of a look-up by number.

    With validity 1 or 6 `results` contains every entitlement of the day, with validity 2 or 3 the one that
    ended; with validity 4 or 5 it is empty.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ELIGIBILITY]})

    unchanged: Literal[False] = False
    validity: Validity
    as_of: date
    answered_at: datetime = Field(description="The fund's clock at the moment of the record.")
    record_id: str = Field(description="The id of this answer's audit record.")
    version: str | None = Field(
        description="Opaque; changes when the answer to this facility about the person changes. Null if the answer is"
        " about nobody (validity 4 or 5 by number)."
    )
    reference_number: str | None = Field(
        default=None,
        description="照会番号: the facility's own number for the person, if it registered one.",
    )
    results: list[Enrolment]


class UnchangedAnswer(Answer):
    """The answer to a current `known_version`."""

    unchanged: Literal[True] = True
    validity: Validity
    as_of: date
    answered_at: datetime
    record_id: str
