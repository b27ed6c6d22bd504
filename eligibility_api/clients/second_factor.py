"""Encrypts second-factor secrets in the database: AES-256-GCM under a key that the database lacks.

Each ciphertext is bound to its operator, so it cannot be decrypted when moved to another operator's row.
"""

from __future__ import annotations

import secrets

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


def encrypt_secret(key: bytes, secret: bytes, institution_code: str, operator: str) -> bytes:
    """Encrypt `secret` for one operator of a facility. Returns nonce, ciphertext and tag."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret, _associated_data(institution_code, operator))


def decrypt_secret(key: bytes, stored: bytes, institution_code: str, operator: str) -> bytes:
    """Decrypt what `encrypt_secret` returned. Raises InvalidTag for another key, operator or ciphertext."""
    nonce, text = stored[:_NONCE_BYTES], stored[_NONCE_BYTES:]
    return AESGCM(key).decrypt(nonce, text, _associated_data(institution_code, operator))


def _associated_data(institution_code: str, operator: str) -> bytes:
    return f"second-factor\0{institution_code}\0{operator}".encode()
