"""Issues cards (カード発行): keys, certificates, PINs and printed items of a card image.

`authority/` has the rules for certificates, `card/` the card's behaviour.
"""

import re
import secrets
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from jpki_mock.authority.authorities import Authorities
from jpki_mock.authority.certificates import Application, Certificates
from jpki_mock.authority.keys import KeyMaker, KeyProfile, PublicKey, key_sha256, private_key_pem
from jpki_mock.authority.revocation import is_renewable
from jpki_mock.authority.validity import card_expiry, has_photo, in_renewal_window, may_have_signature
from jpki_mock.authority.values import Carrier, CertificateId, Kind, State
from jpki_mock.card.image import Attributes, CardImage, Faults, KeySlot, Pin, Pins
from jpki_mock.card.my_number import check_digit
from jpki_mock.clock import day_in_japan, era_of
from jpki_mock.drawing import silhouette
from jpki_mock.errors import InvalidInput, NotAllowed
from jpki_mock.face_issuer import FaceIssuer
from jpki_mock.register.register import Register
from jpki_mock.register.resident import Resident
from jpki_mock.store import Store

_PIN = re.compile(r"[0-9]{4}")
_SIGN_PIN = re.compile(r"(?=.*[A-Z])(?=.*[0-9])[A-Z0-9]{6,16}")
_PIN_LIMIT, _SIGN_PIN_LIMIT, _REFERENCE_LIMIT = 3, 5, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOrder:
    """The order of a resident's card."""

    resident_id: str
    pin: str | None = "1234"
    """Four digits, for authentication and attributes; None makes a card without PINs (顔認証マイナンバーカード)."""
    sign_pin: str = "ABC123"
    """6 to 16 capital letters and digits, at least one of each."""
    carrier: Carrier = Carrier.CARD
    key: Literal[KeyProfile.RSA, KeyProfile.P384] = KeyProfile.RSA
    signature: bool = True
    """With a signature certificate, if the holder is old enough and the card has PINs."""
    locked: bool = False
    """The authentication PIN is locked."""
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        if self.pin is not None and _PIN.fullmatch(self.pin) is None:
            raise InvalidInput("The PIN has four digits.")
        if _SIGN_PIN.fullmatch(self.sign_pin) is None:
            raise InvalidInput(
                "The signature PIN has 6 to 16 capital letters and digits, at least one of each."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _CardContext:
    """The common data of one card's certificates."""

    resident: Resident
    carrier: Carrier
    key: KeyProfile
    expires_on: date
    now: datetime
    make_key: KeyMaker


class Cards:
    """Issues and renews the cards of one home folder."""

    def __init__(
        self,
        store: Store,
        authorities: Authorities,
        register: Register,
        certificates: Certificates,
        *,
        faces: FaceIssuer,
        make_key: KeyMaker,
    ) -> None:
        self._store = store
        self._authorities = authorities
        self._register = register
        self._certificates = certificates
        self._faces = faces
        self._make_key = make_key

    def issue(self, order: CardOrder, now: datetime, make_key: KeyMaker | None = None) -> CardImage:
        """Issue a new card, or a phone's certificates. Raises NotFound for the resident, NotAllowed by the rules.

        `make_key`: makes its keys, in place of the usual maker. A card that is issued before the first birthday has no photo: it knows the PIN alone, and no visual check.
        """
        today = day_in_japan(now)
        resident = self._register.find(order.resident_id)
        pictured = has_photo(resident.birth_date, today)
        if order.pin is None and not pictured:
            raise NotAllowed("A card without a photo has a PIN: nothing else shows whose it is.")
        expires_on = card_expiry(resident.birth_date, today)
        context = _CardContext(
            resident=resident,
            carrier=order.carrier,
            key=order.key,
            expires_on=expires_on,
            now=now,
            make_key=make_key or self._make_key,
        )
        with self._store.unit():
            signs = self._signs(order, resident, now)
            authentication = self._slot(Kind.AUTHENTICATION, context)
            signature = self._slot(Kind.SIGNATURE, context) if signs else None
        image = CardImage(
            carrier=order.carrier.value,
            expires_on=expires_on,
            attributes=_attributes(resident),
            photo=silhouette() if pictured else None,
            authentication=authentication,
            signature=signature,
            pins=_pins(order.pin, order.sign_pin if signs else None),
            reference_a=_pin(_reference_a(), _REFERENCE_LIMIT),
            reference_b=_pin(_reference_b(resident.birth_date, expires_on), _REFERENCE_LIMIT),
            terminal_authority=self._terminal_authority() if pictured else None,
            faults=order.faults,
        )
        image = self._with_face(image)
        return image.with_tries_left("authentication", 0) if order.locked else image

    def renew(self, image: CardImage, now: datetime) -> CardImage:
        """Replace a card's certificates, with new keys and the same PINs.

        It is a new card with the full validity if the old one was suspended (lost and found) or has less than
        three months left; otherwise the same card continues. Raises NotFound, and NotAllowed by the rules.
        """
        old_id = certificate_id(image.authentication)
        old = self._certificates.records.find(old_id)
        resident = self._register.find(old.resident_id)
        replaced = old.state(now) is State.HELD or _expires_soon(image.expires_on, day_in_japan(now))
        context = _CardContext(
            resident=resident,
            carrier=old.carrier,
            key=_key_profile(image.authentication),
            expires_on=card_expiry(resident.birth_date, day_in_japan(now)) if replaced else image.expires_on,
            now=now,
            make_key=self._make_key,
        )
        with self._store.unit():
            slots = {
                "authentication": self._slot(Kind.AUTHENTICATION, context, old_id),
                "signature": self._renewed_signature(image, context),
            }
        renewed = _reissued(image, context, slots, replaced)
        if replaced and has_photo(resident.birth_date, day_in_japan(now)):
            authority = self._terminal_authority()
            renewed = renewed.model_copy(update={"photo": silhouette(), "terminal_authority": authority})
        return self._with_face(renewed)

    def _with_face(self, image: CardImage) -> CardImage:
        """Return the image with what J-LIS draws and signs; a phone has no card face."""
        face = self._faces.face_of(image) if image.carrier == Carrier.CARD.value else None
        return image.model_copy(update={"face": face})

    def _signs(self, order: CardOrder, resident: Resident, now: datetime) -> bool:
        """Whether the order includes a signature certificate; a phone has one only beside that of its card."""
        old_enough = may_have_signature(resident.birth_date, day_in_japan(now))
        if not (order.signature and order.pin is not None and old_enough):
            return False
        return order.carrier is Carrier.CARD or self._certificates.has_card(
            resident.resident_id, Kind.SIGNATURE, now
        )

    def _terminal_authority(self) -> bytes:
        return _der(self._authorities.newest(Kind.TERMINAL).certificate)

    def _renewed_signature(self, image: CardImage, context: _CardContext) -> KeySlot | None:
        if image.signature is None:
            return None
        old_id = certificate_id(image.signature)
        old = self._certificates.records.find(old_id)
        return self._slot(Kind.SIGNATURE, context, old_id if is_renewable(old) else None)

    def _slot(self, kind: Kind, context: _CardContext, renews: CertificateId | None = None) -> KeySlot:
        key = context.make_key(context.key)
        application = Application(
            kind=kind,
            resident=context.resident,
            public_key=key.public_key(),
            card_expires_on=context.expires_on,
            carrier=context.carrier,
            renews=renews,
        )
        with self._store.unit():
            certificate = self._certificates.issue(application, context.now)
            issuer = self._authorities.newest(kind).certificate
        return KeySlot(
            private_key=private_key_pem(key).decode(),
            certificate=_der(certificate),
            ca_certificate=_der(issuer),
        )


def certificate_id(slot: KeySlot) -> CertificateId:
    """Return the id of the certificate of a card's key. Raises InvalidInput if it cannot be read."""
    try:
        serial = x509.load_der_x509_certificate(slot.certificate).serial_number
        issuer_key = x509.load_der_x509_certificate(slot.ca_certificate).public_key()
    except ValueError as error:
        raise InvalidInput("A certificate of the card cannot be read.") from error
    if not isinstance(issuer_key, PublicKey):
        raise InvalidInput("The card's certificate authority has an unknown algorithm.")
    return CertificateId(key_sha256(issuer_key), serial)


def certificate_ids(image: CardImage) -> list[CertificateId]:
    """Return the ids of a card's certificates: authentication, and signature if it has one."""
    slots = (image.authentication, image.signature)
    return [certificate_id(slot) for slot in slots if slot is not None]


def _reissued(
    image: CardImage, context: _CardContext, slots: dict[str, KeySlot | None], replaced: bool
) -> CardImage:
    renewed = image.model_copy(
        update={
            **slots,
            "expires_on": context.expires_on,
            "attributes": _attributes(context.resident),
            "pins": _pins(image.pins.authentication.value, image.pins.signature.value),
            "faults": Faults(),
        }
    )
    if not replaced:
        return renewed
    reference = _pin(_reference_b(context.resident.birth_date, context.expires_on), _REFERENCE_LIMIT)
    return renewed.model_copy(update={"reference_b": reference})


def _expires_soon(expires_on: date, today: date) -> bool:
    return today > expires_on or in_renewal_window(today, expires_on)


def _key_profile(slot: KeySlot) -> KeyProfile:
    key = x509.load_der_x509_certificate(slot.certificate).public_key()
    return KeyProfile.RSA if isinstance(key, rsa.RSAPublicKey) else KeyProfile.P384


def _attributes(resident: Resident) -> Attributes:
    return Attributes(
        name=resident.name, address=resident.address, birth_date=resident.birth_date, sex=resident.sex
    )


def _pins(pin: str | None, sign_pin: str | None) -> Pins:
    return Pins(
        authentication=_pin(pin, _PIN_LIMIT),
        signature=_pin(sign_pin, _SIGN_PIN_LIMIT),
        attributes=_pin(pin, _PIN_LIMIT),
    )


def _pin(value: str | None, limit: int) -> Pin:
    return Pin(value=value, tries_left=limit, limit=limit)


def _digits(count: int) -> str:
    return f"{secrets.randbelow(10**count):0{count}d}"


def _reference_a() -> str:
    """Return twelve digits in the place of the My Number.

    Their check digit is wrong, so that they belong to no person.
    """
    first = _digits(11)
    return first + str((int(check_digit(first)) + 1) % 10)


def _reference_b(birth_date: date, expires_on: date) -> str:
    """Return the birth date as YYMMDD of its era, the card's last year, and a four-digit security code."""
    _, year = era_of(birth_date)
    return f"{year:02d}{birth_date:%m%d}{expires_on:%Y}{_digits(4)}"


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
