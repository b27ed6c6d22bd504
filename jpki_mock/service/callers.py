"""Authentication of the fund: its admitted key, and short-lived single-use tokens (RFC 7519, RFC 7523)."""

import hashlib
from datetime import datetime
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from jpki_mock.errors import InvalidInput, Unauthorized
from jpki_mock.store import Store, to_seconds

CALLER = "fund"
AUDIENCE = "jlis"
MAX_TOKEN_LIFETIME_SECONDS = 60
CLOCK_SKEW_SECONDS = 5
_MAX_JTI_LENGTH = 128
_MAX_TOKEN_LENGTH = 4096


class Callers:
    """The admitted caller and its used tokens."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def admit(self, pem: bytes) -> None:
        """Admit the fund's public key (PEM, P-256); replaces the former one. Raises InvalidInput."""
        key = _read_key(pem).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        with self._store.unit() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO callers (name, public_key) VALUES (?, ?)", (CALLER, key)
            )

    def check(self, token: str, now: datetime) -> None:
        """Validate a token and mark it as used. Raises Unauthorized, without the reason."""
        row = self._store.row("SELECT public_key FROM callers WHERE name = ?", CALLER)
        if row is None or len(token) > _MAX_TOKEN_LENGTH:
            raise Unauthorized("The call is not authorised.")
        try:
            claims = jwt.decode(token, ECKey.import_key(row["public_key"]), algorithms=["ES256"]).claims
            _registry(now).validate(claims)
        # Deeply nested JSON raises RecursionError.
        except (JoseError, ValueError, RecursionError) as error:
            raise Unauthorized("The call is not authorised.") from error
        _check_lifetime(claims)
        self._mark_used(claims["jti"], claims["exp"], now)

    def _mark_used(self, jti: str, expires_at: float, now: datetime) -> None:
        digest = hashlib.sha256(jti.encode()).digest()
        still_accepted = to_seconds(now) - CLOCK_SKEW_SECONDS
        with self._store.unit() as connection:
            connection.execute("DELETE FROM used_tokens WHERE expires_at <= ?", (still_accepted,))
            kept = connection.execute(
                "INSERT OR IGNORE INTO used_tokens (jti_sha256, expires_at) VALUES (?, ?)",
                (digest, int(expires_at) + 1),
            )
            if kept.rowcount != 1:
                raise Unauthorized("The call is not authorised.")


def _read_key(pem: bytes) -> ec.EllipticCurvePublicKey:
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidInput("The file is not a public key (PEM).") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise InvalidInput("The fund's key must be a P-256 key.")
    return key


def _registry(now: datetime) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=to_seconds(now),
        leeway=CLOCK_SKEW_SECONDS,
        iss={"essential": True, "value": CALLER},
        sub={"essential": True, "value": CALLER},
        aud={"essential": True, "value": AUDIENCE},
        iat={"essential": True},
        exp={"essential": True},
        jti={"essential": True},
    )


def _check_lifetime(claims: dict[str, Any]) -> None:
    too_long = not 0 < claims["exp"] - claims["iat"] <= MAX_TOKEN_LIFETIME_SECONDS
    if too_long or not 0 < len(claims["jti"]) <= _MAX_JTI_LENGTH:
        raise Unauthorized("The call is not authorised.")
