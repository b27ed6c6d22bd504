"""COMPUTE DIGITAL SIGNATURE: RSA and P-384, and all refusals."""

from hashlib import sha256, sha384

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from jpki_mock.card import profile
from jpki_mock.card.image import Faults
from tests.builders.cards import (
    AUTHENTICATION_PIN,
    SIGNATURE_PIN,
    TestCard,
    card_image,
    key_slot,
    p384_key,
    rsa_key,
    select,
    verify,
)

MESSAGE = b"to be signed"
DIGEST_INFO = bytes.fromhex("3031300D060960864801650304020105000420") + sha256(MESSAGE).digest()


def opened(**changes: object) -> TestCard:
    card = TestCard(card_image(**changes))
    card.send(select())
    card.send(verify(profile.AUTHENTICATION_PIN, AUTHENTICATION_PIN))
    return card


def p384_card(**changes: object) -> TestCard:
    return opened(authentication=key_slot(p384_key()), **changes)


def signed(card: TestCard, p1: int, data: bytes, p2: int = 0x97) -> bytes:
    response = card.transmit(bytes([0x80, 0x2A, p1, p2, len(data)]) + data + b"\0")
    assert response[-2:] == b"\x90\x00", response[-2:].hex()
    return response[:-2]


@pytest.mark.parametrize(
    ("p1", "data"), [(0x00, DIGEST_INFO), (0x02, sha256(MESSAGE).digest()), (0x03, MESSAGE)]
)
def test_an_rsa_key_signs_digest_info_digest_or_message(p1: int, data: bytes) -> None:
    signature = signed(opened(), p1, data)
    assert len(signature) == 256
    rsa_key(1).public_key().verify(signature, MESSAGE, PKCS1v15(), SHA256())


@pytest.mark.parametrize(
    ("p1", "data"), [(0x00, sha384(MESSAGE).digest()), (0x02, sha384(MESSAGE).digest()), (0x03, MESSAGE)]
)
def test_a_p384_key_signs_a_bare_digest_or_a_message(p1: int, data: bytes) -> None:
    p384_key().public_key().verify(signed(p384_card(), p1, data), MESSAGE, ECDSA(SHA384()))


def test_p1_00_pads_any_input() -> None:
    signature = int.from_bytes(signed(opened(), 0x00, b"\x42"))
    numbers = rsa_key(1).public_key().public_numbers()
    assert pow(signature, numbers.e, numbers.n).to_bytes(256) == b"\0\1" + b"\xff" * 252 + b"\0\x42"


def test_the_signature_key_has_its_own_pin() -> None:
    card = opened()
    assert card.status("802A009A010000") == "6982"
    card.send(verify(profile.SIGNATURE_PIN, SIGNATURE_PIN))
    rsa_key(2).public_key().verify(signed(card, 0x03, MESSAGE, p2=0x9A), MESSAGE, PKCS1v15(), SHA256())


@pytest.mark.parametrize(
    ("file", "command", "status"),
    [
        ("0017", "802A008033" + DIGEST_INFO.hex() + "00", "9000"),
        ("0017", "802A0080F5" + "01" * 245 + "00", "9000"),
        ("0017", "802A0080F6" + "01" * 246 + "00", "6985"),
        ("0017", "802A0080000033" + DIGEST_INFO.hex() + "0100", "9000"),
        ("0017", "802A02801F" + "01" * 31 + "00", "6985"),
        ("0017", "802A00800101", "6700"),  # no Le
        ("0017", "802A00800101FF", "6700"),  # Le too small
        ("0017", "802A008000", "6700"),  # nothing to sign
        ("0017", "802A0180010100", "6A86"),
        ("0017", "802A0480010100", "6A86"),
        ("0017", "802A0580010100", "6A86"),
        ("0017", "802A0000010100", "6A86"),
        ("000A", "802A0080010100", "6981"),
        ("0018", "802A0080010100", "6981"),
        ("000A", "802A0093010100", "6A82"),
    ],
)
def test_status_words_of_compute_digital_signature(file: str, command: str, status: str) -> None:
    card = opened()
    card.send(f"00A4020C02{file}")
    assert card.status(command) == status


@pytest.mark.parametrize("size", [32, 47, 49, 51])
def test_a_p384_key_requires_48_bytes(size: int) -> None:
    assert p384_card().status(f"802A0097{size:02X}{'01' * size}00") == "6985"


def test_a_key_is_refused_before_its_pin_for_any_input() -> None:
    card = TestCard()
    card.send(select())
    assert {card.status(command) for command in ("802A009700", "802A0997010100", "802A0097010100")} == {
        "6982"
    }


def test_a_corrupted_rsa_signature_keeps_its_form_and_does_not_verify() -> None:
    signature = signed(opened(faults=Faults(corrupt_signature=True)), 0x03, MESSAGE)
    assert len(signature) == 256
    with pytest.raises(InvalidSignature):
        rsa_key(1).public_key().verify(signature, MESSAGE, PKCS1v15(), SHA256())


def test_a_corrupted_p384_signature_keeps_its_form_and_does_not_verify() -> None:
    signature = signed(p384_card(faults=Faults(corrupt_signature=True)), 0x03, MESSAGE)
    assert decode_dss_signature(signature)
    with pytest.raises(InvalidSignature):
        p384_key().public_key().verify(signature, MESSAGE, ECDSA(SHA384()))
