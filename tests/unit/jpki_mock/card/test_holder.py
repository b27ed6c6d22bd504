"""A holder's signature in one call: keys, carriers, PINs, and messages of any size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from jpki_mock.card.holder import MAX_MESSAGE_BYTES, SignedMessage, sign_as_holder
from jpki_mock.card.image import Faults, load_image
from jpki_mock.card.in_process import open_card
from jpki_mock.errors import InvalidInput, JlisError, NotAllowed
from tests.builders.cards import AUTHENTICATION_PIN, card_file, key_slot, p384_key, pin

MESSAGE = b"SHIKAKU presence v1\0" + bytes(32)


def signed(path: Path, given: str = AUTHENTICATION_PIN, message: bytes = MESSAGE) -> SignedMessage:
    connection = open_card(path)
    try:
        return sign_as_holder(connection, given, message)
    finally:
        connection.close()


def verify(made: SignedMessage, message: bytes) -> None:
    key = x509.load_der_x509_certificate(made.certificate).public_key()
    if isinstance(key, RSAPublicKey):
        key.verify(made.signature, message, PKCS1v15(), SHA256())
    else:
        assert isinstance(key, EllipticCurvePublicKey)
        key.verify(made.signature, message, ECDSA(SHA384()))


@pytest.mark.parametrize("size", [1, 52, 255, 256, MAX_MESSAGE_BYTES])
def test_a_message_of_any_size_is_signed(tmp_path: Path, size: int) -> None:
    message = b"m" * size
    verify(signed(card_file(tmp_path), message=message), message)


@pytest.mark.parametrize(
    "changes",
    [
        {"authentication": key_slot(p384_key())},
        {"carrier": "android"},
        {"faults": Faults(padded_files=True)},
        {"faults": Faults(first_command_6f00=True)},
    ],
    ids=["P-384", "phone", "padded files", "first command fails"],
)
def test_every_kind_of_card_signs(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = card_file(tmp_path, **changes)
    made = signed(path)
    assert made.certificate == load_image(path).authentication.certificate
    verify(made, MESSAGE)


def test_a_faulty_card_gives_a_signature_that_does_not_verify(tmp_path: Path) -> None:
    made = signed(card_file(tmp_path, faults=Faults(corrupt_signature=True)))
    with pytest.raises(InvalidSignature):
        verify(made, MESSAGE)


def test_a_wrong_pin_uses_a_try_until_it_is_locked(tmp_path: Path) -> None:
    path = card_file(tmp_path)
    for left in (2, 1, 0):
        with pytest.raises(NotAllowed, match=f"tries left: {left}"):
            signed(path, "0000")
    for given in ("0000", AUTHENTICATION_PIN):
        with pytest.raises(NotAllowed, match="locked"):
            signed(path, given)


@pytest.mark.parametrize("given", ["", "123", "12345", "12a4", "１２３４", " 123"])
def test_a_text_that_is_no_pin_uses_no_try(tmp_path: Path, given: str) -> None:
    path = card_file(tmp_path)
    with pytest.raises(InvalidInput):
        signed(path, given)
    assert load_image(path).pins.authentication.tries_left == 3


@pytest.mark.parametrize("size", [0, MAX_MESSAGE_BYTES + 1])
def test_a_message_that_is_empty_or_too_long_uses_no_try(tmp_path: Path, size: int) -> None:
    path = card_file(tmp_path)
    with pytest.raises(InvalidInput):
        signed(path, "0000", bytes(size))
    assert load_image(path).pins.authentication.tries_left == 3


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"faults": Faults(pull_at_apdu=2)}, "left the reader"),
        ({"faults": Faults(lose_answer_at_apdu=4)}, "left the reader"),
    ],
    ids=["before the PIN", "after the signature"],
)
def test_a_card_that_leaves_is_reported(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(JlisError, match=sentence):
        signed(card_file(tmp_path, **changes))


def test_a_card_without_a_pin_is_refused_by_name(tmp_path: Path) -> None:
    path = card_file(tmp_path)
    image = load_image(path)
    unset = image.model_copy(update={"pins": image.pins.model_copy(update={"authentication": pin(None, 3)})})
    (tmp_path / "unset.json").write_text(unset.model_dump_json())
    with pytest.raises(NotAllowed, match="visual checks"):
        signed(tmp_path / "unset.json")
