"""The input of a signature for each kind of key."""

import hashlib

import pytest

from clinic_terminal.card.errors import CardError
from clinic_terminal.card.signature_input import signature_input
from tests.builders.clinic.samples import certificate_of, p256_key, p384_key, rsa_key


def test_an_rsa_key_needs_a_sha256_digest_info() -> None:
    prepared = signature_input(certificate_of(rsa_key()), b"message")
    assert prepared.hex() == "3031300d060960864801650304020105000420" + hashlib.sha256(b"message").hexdigest()
    assert len(prepared) == 51


def test_a_p384_key_needs_the_bare_sha384_digest() -> None:
    prepared = signature_input(certificate_of(p384_key()), b"message")
    assert prepared == hashlib.sha384(b"message").digest()


def test_another_curve_is_rejected() -> None:
    with pytest.raises(CardError) as caught:
        signature_input(certificate_of(p256_key()), b"message")
    assert caught.value.code == "certificate-key-type"


@pytest.mark.parametrize("certificate", [b"", b"\x30\x82\x00\x00", b"no certificate"])
def test_an_invalid_certificate_is_unexpected(certificate: bytes) -> None:
    with pytest.raises(CardError) as caught:
        signature_input(certificate, b"message")
    assert caught.value.code == "card-unexpected"
