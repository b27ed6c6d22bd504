"""The second factor of an operator: one-time passwords (TOTP, RFC 6238; SHA-1, six digits, 30 s)."""

from __future__ import annotations

from datetime import UTC, datetime
from hmac import compare_digest

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

SECRET_BYTES = 20
"""Length of a secret, as RFC 4226 section 4 recommends."""

STEP_SECONDS = 30
_DIGITS = 6
_ISSUER = "Shikaku"


def matching_step(secret: bytes, password: str, now: datetime) -> int | None:
    """The time step of `password`: present, previous or next (rule W8); None if it matches none.

    All three are computed and compared in full, so that the duration reveals nothing.
    """
    totp = _totp(secret)
    present = int(now.timestamp()) // STEP_SECONDS
    matching = [
        step
        for step in (present, present - 1, present + 1)
        if compare_digest(totp.generate(step * STEP_SECONDS), password.encode())
    ]
    return matching[0] if matching else None


def step_expires_at(step: int) -> datetime:
    """The first instant at which a password of this step is no longer accepted (rule W8)."""
    return datetime.fromtimestamp((step + 2) * STEP_SECONDS, UTC)


def provisioning_uri(secret: bytes, account: str) -> str:
    """The URI for an authenticator app (`otpauth://totp/…`); contains the secret in the clear."""
    return _totp(secret).get_provisioning_uri(account, _ISSUER)


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, _DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 - the algorithm that authenticators implement (RFC 6238)
