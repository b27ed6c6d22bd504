"""Eligibility checks: requests and answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import AwareDatetime, ConfigDict, Field, StrictBool

from eligibility_api.contract import examples
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.member_items import Enrolment
from eligibility_api.contract.membership import MembershipQuery
from eligibility_api.contract.wire import (
    Answer,
    AnsweredFalse,
    AnsweredTrue,
    Bytes,
    Day,
    OperatorName,
    RequestModel,
    SignatureBytes,
    Text,
)


class Proof(RequestModel):
    """A card's response to a challenge: its user-authentication certificate (DER) and the signature.

    The signature is over `contract.presence.to_be_signed(...)`: RSASSA-PKCS1-v1_5 with SHA-256 by an RSA key,
    ECDSA with SHA-384 (DER) by a P-384 key.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PROOF]})

    challenge: str = Field(max_length=512)
    certificate: Bytes
    signature: SignatureBytes


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


class CertificateRenewal(Answer):
    """A remark on a successful answer by card: its certificate has expired, or expires soon."""

    status: Literal["expiring", "grace"]
    expires_on: date = Field(description="The certificate's last day, in Japan.")
    renew_by: date = Field(
        description="The last day on which the eligibility is answered by this card or phone, unless it is renewed."
    )


class EligibilityAnswer(Answer):
    """The eligibility of one person: the card's holder, or the match of a look-up by number.

    With validity 1 or 6 `results` contains every entitlement of the day, with validity 2 or 3 the one that
    ended; with validity 4 or 5 it is empty.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ELIGIBILITY]})

    unchanged: AnsweredFalse = False
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
    certificate_renewal: CertificateRenewal | None = Field(
        default=None, description="By card: renew the certificate. Not part of the version."
    )
    results: list[Enrolment]


class UnchangedAnswer(Answer):
    """The answer to a current `known_version`."""

    unchanged: AnsweredTrue = True
    validity: Validity
    as_of: date
    answered_at: datetime
    record_id: str
    certificate_renewal: CertificateRenewal | None = None
