"""The log's entry for an audit record: a salted commitment, which reveals nothing of the record."""

from __future__ import annotations

import hashlib

SALT_SIZE = 32
"""Bytes of a record's salt."""

_DOMAIN = b"shikaku-audit-record/1\n"


def commitment(salt: bytes, text: bytes) -> bytes:
    """Return the 32-byte commitment to a record's canonical text. Raises ValueError for a salt of another size."""
    if len(salt) != SALT_SIZE:
        raise ValueError(f"a salt has {SALT_SIZE} bytes")
    return hashlib.sha256(_DOMAIN + salt + text).digest()
