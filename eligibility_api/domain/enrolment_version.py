"""One stored version of one entitlement as a value, with its medical-aid tickets.

The rules are functions of these values (`eligibility.py`, `ages.py`); there is no logic here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from eligibility_api.contract.codes import CertificateKind, ReasonOfLoss, Relationship, Sex
from eligibility_api.contract.enrolment import Mismatch
from eligibility_api.contract.member import (
    ElderlyCertificate,
    LimitCertificate,
    MedicalTicket,
    SpecificDiseaseCertificate,
)


class Channel(StrEnum):
    """How the fund was queried: by a card's proof, or by a certificate's number (照会区分, OQSCD002)."""

    CARD = "card"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A version of a medical ticket: its number in the store, and its content."""

    version: int
    ticket: MedicalTicket


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentVersion:
    """One version of one entitlement: its number in the store and its content.

    Its days are [acquired_on, lost_on) as the insurer sent them, before the legal end (rule D2). `person_key`
    is None if the resident register returned nobody (rule R4). `tickets` are those of the asking institution.
    """

    version: int
    entitlement: int
    person_key: bytes | None
    mismatch: Mismatch
    certificate_kind: CertificateKind
    insurer_number: str
    insurer_name: str
    symbol: str | None
    number: str
    branch: str | None
    relationship: Relationship
    insured_name: str | None = None
    insured_birth_date: date | None = None
    name: str
    name_kana: str | None = None
    name_alias: str | None = None
    name_alias_kana: str | None = None
    sex: Sex
    sex_on_certificate: Sex | None = None
    birth_date: date
    postal_code: str | None = None
    address: str | None = None
    acquired_on: date
    lost_on: date | None = None
    reason_of_loss: ReasonOfLoss | None = None
    issued_on: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    burden_ratio: int | None = None
    elderly_certificate: ElderlyCertificate | None = None
    limit_certificate: LimitCertificate | None = None
    specific_diseases: Sequence[SpecificDiseaseCertificate] = ()
    nondisclosure: bool = False
    self_disclosure_blocked: bool = False
    tickets: Sequence[Ticket] = field(default=())
