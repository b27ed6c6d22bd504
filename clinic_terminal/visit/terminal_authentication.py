"""The terminal's certificate and key, with which it authenticates to a card for a visual check (目視確認)."""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey

from clinic_terminal.card.errors import CardError
from eligibility_api.contract.tokens import Credential


def terminal_certificate(credential: Credential) -> bytes:
    """The terminal's certificate (DER). Without one: CardError `visual-check-unsupported`."""
    if credential.visual_check_certificate is None:
        raise CardError("visual-check-unsupported")
    return credential.visual_check_certificate


def terminal_signer(credential: Credential) -> Callable[[bytes], bytes]:
    """A signing function with the terminal's key: ECDSA on P-256 with SHA-256, DER-encoded."""
    key = ECKey.import_key(credential.private_key).private_key
    assert key is not None  # without its private part it could not have signed in

    def sign(message: bytes) -> bytes:
        return key.sign(message, ec.ECDSA(hashes.SHA256()))

    return sign
