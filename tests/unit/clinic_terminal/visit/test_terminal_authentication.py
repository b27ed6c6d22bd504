"""Authentication of a terminal to a card, for a visual check."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from clinic_terminal.card.errors import CardError
from clinic_terminal.visit.terminal_authentication import terminal_certificate, terminal_signer
from tests.builders.clinic import samples


def test_the_terminals_key_signs_ecdsa_with_sha256() -> None:
    signature = terminal_signer(samples.credential())(b"message")
    samples.p256_key().public_key().verify(signature, b"message", ec.ECDSA(hashes.SHA256()))


def test_the_terminals_certificate_is_der() -> None:
    assert terminal_certificate(samples.credential())[:2] == b"\x30\x82"


def test_without_a_certificate_there_is_no_visual_check() -> None:
    with pytest.raises(CardError) as caught:
        terminal_certificate(samples.credential_without_certificate())
    assert caught.value.code == "visual-check-unsupported"
