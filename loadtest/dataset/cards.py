"""Cards without their plastic: a certificate that J-LIS issued to a resident, and the key that signs for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.tokens import Credential
from jpki_mock.authority.certificates import Application
from jpki_mock.authority.validity import card_expiry
from jpki_mock.authority.values import Kind
from jpki_mock.clock import day_in_japan
from jpki_mock.jlis import Jlis
from jpki_mock.register.resident import Resident
from jpki_mock.settings import Settings
from loadtest.dataset.request_bodies import proof

_IN_A_UNIT = 100
"""Certificates in one transaction: J-LIS's service, on the same store, waits no longer."""

_PADDING, _HASH = padding.PKCS1v15(), hashes.SHA256()


@dataclass(frozen=True, slots=True)
class Card:
    """One resident's card in session, its PIN verified. `key_number`: which of the fleet's keys it has."""

    resident_id: str
    certificate: bytes = field(repr=False)
    key: rsa.RSAPrivateKey = field(repr=False)
    key_number: int

    def sign(self, message: bytes) -> bytes:
        """What the card answers to the bytes that a terminal built."""
        return sign(self.key, message)

    def prove(self, credential: Credential, purpose: Purpose, challenge: str) -> bytes:
        """The members of a proof's JSON object, without its braces."""
        signature = self.sign(credential.to_be_signed(purpose, challenge))
        return proof(self.certificate, challenge, signature)


def sign(key: rsa.RSAPrivateKey, message: bytes) -> bytes:
    """RSASSA-PKCS1-v1_5 with SHA-256: the signature of a user-authentication key."""
    return key.sign(message, _PADDING, _HASH)


def issue(
    jpki_home: Path, residents: Iterable[Resident], keys: Sequence[rsa.RSAPrivateKey], now: datetime
) -> list[Card]:
    """A card each, issued at `now`, the keys taken in turn."""
    with Jlis(Settings(home=jpki_home), now) as jlis:
        stream = enumerate(residents)
        cards: list[Card] = []
        while chunk := list(islice(stream, _IN_A_UNIT)):
            with jlis.store.unit():
                cards += _issued(jlis, chunk, keys, now)
    return cards


def _issued(
    jlis: Jlis, chunk: Sequence[tuple[int, Resident]], keys: Sequence[rsa.RSAPrivateKey], now: datetime
) -> Iterator[Card]:
    for place, resident in chunk:
        number = place % len(keys)
        key = keys[number]
        application = Application(
            kind=Kind.AUTHENTICATION,
            resident=resident,
            public_key=key.public_key(),
            card_expires_on=card_expiry(resident.birth_date, day_in_japan(now)),
        )
        certificate = jlis.certificates.issue(application, now).public_bytes(Encoding.DER)
        yield Card(resident.resident_id, certificate, key, number)
