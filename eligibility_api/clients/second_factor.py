"""Secrets of second factors as the database has them: encrypted (AES-256-GCM) under a key of the fund's that it has not.

Each is bound to its operator: moved to another's row it opens no more.
"""

from __future__ import annotations

import secrets

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


def sealed(key: bytes, secret: bytes, institution_code: str, operator: str) -> bytes:
    """`secret` encrypted for one operator of a facility: nonce, then text and tag."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret, _bound_to(institution_code, operator))


def opened(key: bytes, stored: bytes, institution_code: str, operator: str) -> bytes:
    """The secret behind what `sealed` made. Raises InvalidTag for another key, operator or text: a fault of the fund's."""
    nonce, text = stored[:_NONCE_BYTES], stored[_NONCE_BYTES:]
    return AESGCM(key).decrypt(nonce, text, _bound_to(institution_code, operator))


def _bound_to(institution_code: str, operator: str) -> bytes:
    return f"second-factor\0{institution_code}\0{operator}".encode()
