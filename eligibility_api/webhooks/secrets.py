"""The secrets of webhooks in the database: AES-256-GCM under a key of the fund that the database lacks.

Each ciphertext is bound to its webhook, so it cannot be decrypted when moved to another one's row.
"""

from __future__ import annotations

import secrets
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from eligibility_api.contract.webhook_signatures import SECRET_BYTES

_NONCE_BYTES = 12


def new_secret() -> bytes:
    """A new random secret."""
    return secrets.token_bytes(SECRET_BYTES)


def encrypt_secret(key: bytes, secret: bytes, webhook_id: UUID) -> bytes:
    """Encrypt the secret of one webhook. Returns nonce, ciphertext and tag."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret, _associated_data(webhook_id))


def decrypt_secret(key: bytes, stored: bytes, webhook_id: UUID) -> bytes:
    """Decrypt what `encrypt_secret` returned. Raises InvalidTag for another key, webhook or ciphertext."""
    return AESGCM(key).decrypt(stored[:_NONCE_BYTES], stored[_NONCE_BYTES:], _associated_data(webhook_id))


def _associated_data(webhook_id: UUID) -> bytes:
    return b"webhook\0" + webhook_id.bytes
