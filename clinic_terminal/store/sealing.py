"""Encryption of the store's values, and the keyed hashes by which they are found.

The file without the key shows how many entries of which kind there are and when they end, and
nothing about a person.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12


class SealBrokenError(Exception):
    """A value was changed, or was encrypted under another key or as another kind."""


class Sealer:
    """Encrypts values by AES-256-GCM, and computes keyed hashes (HMAC-SHA-256), each under a derived key."""

    def __init__(self, key: bytes) -> None:
        self._values = AESGCM(_derived(key, b"values"))
        self._hashes = _derived(key, b"hashes")

    def seal(self, kind: str, value: bytes) -> bytes:
        """`value`, encrypted and bound to its kind."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._values.encrypt(nonce, value, kind.encode())

    def open(self, kind: str, sealed: bytes) -> bytes:
        """The value. Raises SealBrokenError."""
        try:
            return self._values.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], kind.encode())
        except (InvalidTag, ValueError):
            raise SealBrokenError from None

    def digest(self, kind: str, *parts: str | None) -> bytes:
        """The keyed hash by which entries of a kind with these parts are found. None is no part of its own."""
        coded = b"".join(_coded(part) for part in (kind, *parts))
        return hmac.new(self._hashes, coded, hashlib.sha256).digest()


def _coded(part: str | None) -> bytes:
    """Unambiguous: no two lists of parts have the same code."""
    if part is None:
        return b"-"
    data = part.encode("utf-8", "surrogateescape")
    return b"+" + len(data).to_bytes(4, "big") + data


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, b"shikaku terminal store " + purpose).derive(key)
