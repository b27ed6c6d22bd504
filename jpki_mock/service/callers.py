"""Who may ask the register: the one admitted key of the fund, and its short single-use tokens (RFC 7519, RFC
7523).
"""

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
LONGEST_LIFE_SECONDS = 60
CLOCK_SKEW_SECONDS = 5
_LONGEST_JTI = 128
_LONGEST_TOKEN = 4096


class Callers:
    """The admitted caller and the tokens that it used up."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def admit(self, pem: bytes) -> None:
        """Admit the fund's public key (PEM, P-256), in the place of the former one. Raises InvalidInput."""
        key = _read_key(pem).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        with self._store.unit() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO callers (name, public_key) VALUES (?, ?)", (CALLER, key)
            )

    def check(self, token: str, now: datetime) -> None:
        """Check a token and use it up. Raises Unauthorized, without telling an attacker why."""
        row = self._store.row("SELECT public_key FROM callers WHERE name = ?", CALLER)
        if row is None or len(token) > _LONGEST_TOKEN:
            raise Unauthorized("The call is not authorised.")
        try:
            claims = jwt.decode(token, ECKey.import_key(row["public_key"]), algorithms=["ES256"]).claims
            _registry(now).validate(claims)
        # Reading deeply nested JSON ends in RecursionError.
        except (JoseError, ValueError, RecursionError) as error:
            raise Unauthorized("The call is not authorised.") from error
        _check_life(claims)
        self._use_up(claims["jti"], claims["exp"], now)

    def _use_up(self, jti: str, expires_at: float, now: datetime) -> None:
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
        raise InvalidInput("The file holds no public key (PEM).") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise InvalidInput("The fund's key is a P-256 key.")
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


def _check_life(claims: dict[str, Any]) -> None:
    too_long = not 0 < claims["exp"] - claims["iat"] <= LONGEST_LIFE_SECONDS
    if too_long or not 0 < len(claims["jti"]) <= _LONGEST_JTI:
        raise Unauthorized("The call is not authorised.")
