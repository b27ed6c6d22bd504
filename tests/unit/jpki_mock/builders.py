"""Builders of jpki_mock's tests: a fixed instant, synthetic people, keys that are generated once."""

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from jpki_mock.authority.authorities import Authority
from jpki_mock.authority.certificates import Application
from jpki_mock.authority.keys import KeyMaker, KeyProfile, PrivateKey
from jpki_mock.authority.keys import make_key as make_new_key
from jpki_mock.authority.values import Carrier, CertificateId, Kind
from jpki_mock.jlis import Jlis
from jpki_mock.register.resident import Resident

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ADULT = "R0-00000001"
CHILD = "R0-00000002"


@cache
def _cached_key(profile: KeyProfile, number: int) -> PrivateKey:
    return make_new_key(profile)


def key_maker() -> KeyMaker:
    """Return a key maker that never returns a key twice, from pre-generated keys that all tests share."""
    used = dict.fromkeys(KeyProfile, 0)

    def make(profile: KeyProfile) -> PrivateKey:
        used[profile] += 1
        return _cached_key(profile, used[profile])

    return make


def a_resident(resident_id: str = ADULT, **changes: Any) -> Resident:
    usual = {
        "name": "見本　花子",
        "name_kana": "ミホン　ハナコ",
        "birth_date": date(1980, 2, 17),
        "sex": "2",
        "postal_code": "000-0010",
        "address": "架空県見本市中央１丁目２番３号",
    }
    return Resident.model_validate({"resident_id": resident_id, **usual, **changes})


def an_application(jlis: Jlis, **changes: Any) -> Application:
    usual = {
        "kind": Kind.AUTHENTICATION,
        "resident": jlis.register.find(ADULT),
        "public_key": _cached_key(KeyProfile.P256, 1).public_key(),
        "card_expires_on": date(2036, 2, 17),
    }
    return Application(**{**usual, **changes})


def issued(jlis: Jlis, now: datetime = NOW, **changes: Any) -> CertificateId:
    """Issue a certificate to the adult and return its id; a phone's after that of a card."""
    application = an_application(jlis, **changes)
    if application.carrier is Carrier.ANDROID:
        jlis.certificates.issue(replace(application, carrier=Carrier.CARD, serial=None), now)
    certificate = jlis.certificates.issue(application, now)
    issuer = (
        jlis.authorities.get(application.ca) if application.ca else jlis.authorities.newest(application.kind)
    )
    return issuer.certificate_id(certificate.serial_number)


def check_signed_by(signer: x509.Certificate | Authority, signature: bytes, signed: bytes) -> None:
    """Raise InvalidSignature unless an RSA key signed the bytes with SHA-256."""
    from cryptography.hazmat.primitives import hashes

    certificate = signer.certificate if isinstance(signer, Authority) else signer
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
