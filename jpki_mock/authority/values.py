"""Values of the certificate authorities: kinds, carriers, certificate ids, and records of certificates.

The rules are in `validity.py` and `revocation.py`, the SQL in `records.py`.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Self

from jpki_mock.errors import InvalidInput

_CA_ID = re.compile(r"(auth|sign|terminal)-([1-9][0-9]{0,3})")
_SEXES = frozenset("0129")


class Kind(StrEnum):
    """The kind of a certificate authority; its value is the prefix of the authority's id (`auth-1`)."""

    AUTHENTICATION = "auth"
    SIGNATURE = "sign"
    TERMINAL = "terminal"


class Carrier(StrEnum):
    """The carrier of the keys: a My Number Card, or the secure element of an Android phone."""

    CARD = "card"
    ANDROID = "android"


class Reason(StrEnum):
    """The reason of a revocation; `revocation.CRL_REASONS` has the published code."""

    UNDELIVERED = "undelivered"
    KEY_COMPROMISE = "key-compromise"
    CHANGE = "change"
    RENEWAL = "renewal"
    REQUEST = "request"
    DEATH = "death"
    EXPIRY = "expiry"
    LOSS = "loss"


class State(StrEnum):
    """The state of a certificate at an instant."""

    PENDING = "pending"
    GOOD = "good"
    HELD = "held"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class CaId:
    """A certificate authority: its kind and its generation, counted from 1."""

    kind: Kind
    generation: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse an id such as `auth-1`. Raises InvalidInput."""
        found = _CA_ID.fullmatch(text)
        if found is None:
            raise InvalidInput(
                "A certificate authority is written as kind and generation, for example auth-1."
            )
        return cls(Kind(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.kind}-{self.generation}"


@dataclass(frozen=True, slots=True)
class CertificateId:
    """Identifies a certificate by its issuer's key and its serial number.

    The issuer's name is not enough, since all generations of an authority share it.
    """

    ca_key_sha256: str
    """Hex SHA-256 of the issuer's SubjectPublicKeyInfo (DER)."""
    serial: int


@dataclass(frozen=True, slots=True)
class Revocation:
    """Reason and instant of a revocation."""

    reason: Reason
    at: datetime


@dataclass(frozen=True, slots=True)
class Period:
    """The instants between which a certificate is valid, both included (RFC 5280 section 4.1.2.5)."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """The record of a certificate issued to a resident."""

    ca: CaId
    id: CertificateId
    resident_id: str
    carrier: Carrier
    period: Period
    revocation: Revocation | None

    def state(self, now: datetime) -> State:
        """Return the state of the certificate; a revocation takes precedence over expiry."""
        if self.revocation is not None:
            return State.HELD if self.revocation.reason is Reason.LOSS else State.REVOKED
        if now < self.period.start:
            return State.PENDING
        return State.GOOD if now <= self.period.end else State.EXPIRED


@dataclass(frozen=True, slots=True)
class Holder:
    """The four items (基本4情報) of a resident, as in a signature certificate and on a card."""

    name: str
    address: str
    birth_date: date
    sex: str
    """One digit: 1 male, 2 female, 9 other, 0 unknown."""

    def __post_init__(self) -> None:
        if self.sex not in _SEXES:
            raise InvalidInput("The sex is one digit: 1 male, 2 female, 9 other, 0 unknown.")
