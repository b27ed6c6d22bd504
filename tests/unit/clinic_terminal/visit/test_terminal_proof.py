"""What a terminal adds to a proof."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from clinic_terminal.card.errors import CardError
from clinic_terminal.visit.terminal_proof import terminal_certificate, terminal_signer, to_be_signed
from eligibility_api.contract import presence
from eligibility_api.contract.codes import Purpose
from tests.unit.clinic_terminal import builders


@pytest.mark.parametrize("purpose", list(Purpose))
def test_the_bytes_hold_this_terminals_own_identity(purpose: Purpose) -> None:
    expected = presence.to_be_signed(
        purpose,
        audience=builders.AUDIENCE,
        institution_code=builders.INSTITUTION,
        terminal_id=builders.TERMINAL,
        challenge="challenge",
    )
    assert to_be_signed(builders.credential(), purpose, "challenge") == expected


def test_the_terminals_key_signs_ecdsa_with_sha256() -> None:
    signature = terminal_signer(builders.credential())(b"message")
    builders.p256_key().public_key().verify(signature, b"message", ec.ECDSA(hashes.SHA256()))


def test_the_terminals_certificate_is_der() -> None:
    assert terminal_certificate(builders.credential())[:2] == b"\x30\x82"


def test_without_a_certificate_there_is_no_visual_check() -> None:
    with pytest.raises(CardError) as caught:
        terminal_certificate(builders.credential_without_certificate())
    assert caught.value.code == "visual-check-unsupported"
