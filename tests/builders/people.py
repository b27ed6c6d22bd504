"""Synthetic residents with cards, and what their cards' keys sign."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from jpki_mock.authority.keys import KeyProfile, PrivateKey, make_key
from jpki_mock.authority.values import Carrier
from jpki_mock.card.image import CardImage, KeySlot
from jpki_mock.jlis import Jlis
from jpki_mock.personalisation import CardOrder
from jpki_mock.register.resident import Resident


@dataclass
class Person:
    """A synthetic resident with her card."""

    resident: Resident
    card: CardImage
    plastic: CardImage | None = None
    """The card itself, where `card` is a phone."""


def register_person(jlis: Jlis, number: int, birth_date: date, now: datetime, **order: Any) -> Person:
    """Register a new resident and issue a card to her; `order` has fields of the card's order.

    The holder of a phone has a card besides, which `Person.plastic` is.
    """
    serial = f"{number:04d}-{secrets.token_hex(3)}"
    resident = Resident(
        resident_id=f"T{serial}",
        name=f"試験　見本{serial}",
        name_kana="シケン ミホン",
        birth_date=birth_date,
        sex="2",
        postal_code="000-0000",
        address=f"架空県見本市{serial}",
    )
    jlis.register.add([resident])
    card_order = CardOrder(resident_id=resident.resident_id, **order)
    plastic = jlis.cards.issue(replace(card_order, carrier=Carrier.CARD), now)
    if card_order.carrier is Carrier.CARD:
        return Person(resident, plastic)
    return Person(resident, jlis.cards.issue(card_order, now), plastic)


def sign(slot: KeySlot, message: bytes) -> bytes:
    """The signature of the card's key over `message`, by the algorithm of its kind of key."""
    return sign_with(load_private(slot), message)


def load_private(slot: KeySlot) -> PrivateKey:
    """The private key of a slot."""
    return _loaded(slot.private_key)


@cache
def _loaded(pem: str) -> PrivateKey:
    # To validate a key of our own takes longer than all else of a request.
    key = serialization.load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    return key


def sign_with(key: PrivateKey, message: bytes) -> bytes:
    """A signature as cards make it: PKCS#1 v1.5 with SHA-256, or ECDSA with SHA-384."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(message, ec.ECDSA(hashes.SHA384()))


@cache
def _key(profile: KeyProfile, number: int) -> PrivateKey:
    return make_key(profile)


class KeyStock:
    """Makes few RSA keys, since they are slow to make: the funds of this process have the same keys.

    Each authority has its own key; cards share a stock of 8. Two cards issued one after the other never have the same
    key. A test about another J-LIS makes that one's keys anew.
    """

    _AUTHORITIES, _CARDS = 4, 8

    def __init__(self) -> None:
        self._issued: Counter[KeyProfile] = Counter()

    def __call__(self, profile: KeyProfile) -> PrivateKey:
        """A key of this kind."""
        number = self._issued[profile]
        self._issued[profile] += 1
        if number < self._AUTHORITIES:
            return _key(profile, number)
        return _key(profile, self._AUTHORITIES + (number - self._AUTHORITIES) % self._CARDS)
