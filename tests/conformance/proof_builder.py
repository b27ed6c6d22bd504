"""Builds proofs: authorities, keys and cards of one run, and the steps of card and terminal.

Keys are new in every run and never stored; only certificates, challenges and signatures are output.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.presence import to_be_signed
from eligibility_api.domain.challenge import Challenge, MacKeys, issue
from jpki_mock.authority.profiles import Leaf, authentication_leaf, build_leaf, build_root
from jpki_mock.authority.values import CaId, Kind, Period

AUDIENCE = "urn:shikaku:conformance"
AT = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
"""The default instant of presentation."""

LIFE = timedelta(seconds=60)
INSTITUTION, OTHER_INSTITUTION = "1311111114", "0110113719"
TERMINAL = UUID("5a1f0c6e-0000-4000-8000-000000000001")
OTHER_TERMINAL = UUID("5a1f0c6e-0000-4000-8000-000000000002")
KEY_ID, FORMER_KEY_ID, UNKNOWN_KEY_ID = b"TST2", b"TST1", b"TST9"
_SERIAL = 0x51A6A6

CardKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey


@dataclass(frozen=True, slots=True)
class Issuer:
    """An authority that signs certificates."""

    id: CaId
    certificate: x509.Certificate
    key: rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Card:
    """A key and its certificate."""

    key: CardKey
    certificate: bytes


@dataclass(frozen=True, slots=True)
class Attempt:
    """A presented proof: by which terminal, when and for which purpose."""

    challenge: str
    certificate: bytes
    signature: bytes
    institution_code: str
    terminal: UUID
    purpose: Purpose
    at: datetime
    certificate_padding: int = 0


def rsa_key(size: int = 2048, exponent: int = 65537) -> rsa.RSAPrivateKey:
    """A new RSA key."""
    return rsa.generate_private_key(exponent, size)


def signed(key: CardKey, message: bytes) -> bytes:
    """A signature in the cards' scheme; for key types that no card has, in their own scheme."""
    match key:
        case rsa.RSAPrivateKey():
            return key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        case ec.EllipticCurvePrivateKey():
            return key.sign(message, ec.ECDSA(hashes.SHA384()))
        case _:
            return key.sign(message)


def _issuer(kind: Kind, generation: int) -> Issuer:
    key, ca = rsa_key(), CaId(kind, generation)
    return Issuer(ca, build_root(ca, key, generation, AT), key)


class ProofBuilder:
    """The authorities and cards of one run; expensive ones are made on first use."""

    def __init__(self) -> None:
        self.authority = _issuer(Kind.AUTHENTICATION, 1)
        self.second_authority = _issuer(Kind.AUTHENTICATION, 2)
        self.untrusted_authority = _issuer(Kind.AUTHENTICATION, 3)
        self.signature_authority = _issuer(Kind.SIGNATURE, 1)
        self.terminal_authority = _issuer(Kind.TERMINAL, 1)
        self.mac_keys = MacKeys(KEY_ID, {key: secrets.token_bytes(32) for key in (KEY_ID, FORMER_KEY_ID)})
        self.pattern = authentication_leaf(
            self.authority.id, rsa_key().public_key(), _SERIAL, _years(AT, before=1, after=4)
        )

    @cached_property
    def card(self) -> Card:
        """Today's card: RSA-2048, by the first authority."""
        return self.issued(rsa_key())

    @cached_property
    def other_card(self) -> Card:
        """Another person's card of the same kind."""
        return self.issued(rsa_key(), serial=_SERIAL + 1)

    @cached_property
    def p384_card(self) -> Card:
        """A card of the next generation."""
        return self.issued(ec.generate_private_key(ec.SECP384R1()))

    @cached_property
    def challenge(self) -> str:
        """The challenge of all proofs whose difference is not the challenge."""
        return self.issued_challenge()

    def leaf(self, key: CardKey, **changes: Any) -> Leaf:
        """The contents of a valid certificate over `key`, with changes."""
        public_key: Any = key.public_key()
        return replace(self.pattern, public_key=public_key, **changes)

    def issued(self, key: CardKey, issuer: Issuer | None = None, **changes: Any) -> Card:
        """A card with a certificate by `issuer` (default: the first authority), with changes."""
        by = issuer or self.authority
        certificate = build_leaf(self.leaf(key, **changes), by.certificate, by.key)
        return Card(key, certificate.public_bytes(Encoding.DER))

    def issued_challenge(
        self, *, audience: str = AUDIENCE, keys: MacKeys | None = None, **changes: Any
    ) -> str:
        """A challenge for the terminal, with changes."""
        contents = Challenge(Purpose.ELIGIBILITY, AT + LIFE, INSTITUTION, TERMINAL, secrets.token_bytes(16))
        return issue(replace(contents, **changes), audience=audience, keys=keys or self.mac_keys)

    def present(
        self,
        card: Card | None = None,
        *,
        challenge: str | None = None,
        at: datetime = AT,
        purpose: Purpose = Purpose.ELIGIBILITY,
        institution_code: str = INSTITUTION,
        terminal: UUID = TERMINAL,
        sign: Callable[[CardKey, bytes], bytes] = signed,
        message: Callable[[str], bytes] | None = None,
    ) -> Attempt:
        """The proof that a terminal sends: it builds the message, the card signs.

        `sign` and `message` replace the behaviour of the card or the terminal.
        """
        presented_card, text = card or self.card, self.challenge if challenge is None else challenge
        own = to_be_signed(
            purpose,
            audience=AUDIENCE,
            institution_code=institution_code,
            terminal_id=str(terminal),
            challenge=text,
        )
        signature = sign(presented_card.key, own if message is None else message(text))
        return Attempt(text, presented_card.certificate, signature, institution_code, terminal, purpose, at)


def _years(instant: datetime, *, before: int, after: int) -> Period:
    return Period(instant.replace(year=instant.year - before), instant.replace(year=instant.year + after))
