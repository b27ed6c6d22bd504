"""Eligibility by card: what is asked, and what is answered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from eligibility_api.contract import examples
from eligibility_api.contract.codes import CertificateKind, ReasonOfLoss, Relationship, Sex, Validity
from eligibility_api.contract.wire import Answer, Bytes, Day, Text, Wire


class Proof(Wire):
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

    operator: (
        Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)] | None
    ) = Field(default=None, description="Who compared the face, as the facility names its staff; recorded.")


class Enrolment(Answer):
    """One entitlement as it is answered (資格情報): fields of `ResultOfQualificationConfirmation`."""

    certificate_kind: CertificateKind
    insurer_number: str
    insurer_name: str
    symbol: str | None
    number: str
    branch: str | None
    relationship: Relationship
    name: str
    name_kana: str | None
    sex: Sex
    birth_date: date
    address: str | None
    postal_code: str | None
    acquired_on: date = Field(description="First insured day (資格取得日).")
    lost_on: date | None = Field(description="First uninsured day (資格喪失日).")
    reason_of_loss: ReasonOfLoss | None


class EligibilityAnswer(Answer):
    """The fund's answer about the person whose card signed.

    With validity 1 `results` holds every entitlement of the day, with validity 2 the one that ended last; with
    validity 4 it is empty.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ELIGIBILITY]})

    unchanged: Literal[False] = False
    validity: Validity
    as_of: date
    answered_at: datetime = Field(description="The fund's clock at the moment of the record.")
    record_id: str = Field(description="Names the audit record of this answer.")
    version: str = Field(
        description="Opaque; changes when what this facility would be told about the person changes."
    )
    results: list[Enrolment]


class UnchangedAnswer(Answer):
    """What a client that sent `known_version` gets when nothing has changed since."""

    unchanged: Literal[True] = True
    validity: Validity
    as_of: date
    answered_at: datetime
    record_id: str
