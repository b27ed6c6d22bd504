"""Access tokens (ES256, five minutes at most) and the assertions that are exchanged for them.

A token is checked locally: its signature never changes for the same text, so that is remembered, bounded; its
expiry is held against the clock at every use. Whether the terminal is still admitted is the statement's question.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError

MAX_ASSERTION_SECONDS = 300
"""Longest life of an assertion, as for a token."""

_CLOCK_TOLERANCE_SECONDS = 60
_KEPT_TOKENS = 20_000
_ALGORITHMS = ["ES256"]
_UNREADABLE = (JoseError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What comes of a text that is no token or assertion, down to infinite numbers and bottomless nesting."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """A client's verified assertion (RFC 7523 section 3): whose, and by what it is spent."""

    client_id: UUID
    expires_at: datetime
    jti: str


class Tokens:
    """Makes and reads the access tokens of one fund."""

    def __init__(self, key: ECKey, audience: str, life_seconds: int) -> None:
        self._key = key
        self._audience = audience
        self.life_seconds = life_seconds
        self._read: OrderedDict[str, tuple[Caller, int]] = OrderedDict()

    def issue(self, caller: Caller, now: datetime) -> str:
        """A token for `caller`."""
        claims: dict[str, Any] = {
            "iss": self._audience,
            "aud": self._audience,
            "sub": str(caller.client_id),
            "scope": " ".join(sorted(caller.rights)),
            "iat": int(now.timestamp()),
            "exp": int(now.timestamp()) + self.life_seconds,
        }
        if caller.institution_code is not None:
            claims["facility"] = caller.institution_code
        if caller.insurer_number is not None:
            claims["insurer"] = caller.insurer_number
        return jwt.encode({"alg": "ES256", "typ": "at+jwt"}, claims, self._key)

    def read(self, token: str, now: datetime) -> Caller:
        """Whose token this is. Raises `token-invalid` or `token-expired`."""
        known = self._read.get(token)
        if known is None:
            known = self._read[token] = self._verified(token)
            if len(self._read) > _KEPT_TOKENS:
                self._read.popitem(last=False)
        caller, expires = known
        if expires <= now.timestamp():
            self._read.pop(token, None)
            raise ShikakuError("token-expired")
        return caller

    def _verified(self, token: str) -> tuple[Caller, int]:
        try:
            decoded = jwt.decode(token, self._key, algorithms=_ALGORITHMS)
            claims = decoded.claims
            if decoded.header.get("typ") != "at+jwt" or claims["aud"] != self._audience:
                raise ShikakuError("token-invalid")
            caller = Caller(
                client_id=UUID(claims["sub"]),
                institution_code=claims.get("facility"),
                insurer_number=claims.get("insurer"),
                rights=frozenset(Right(right) for right in claims["scope"].split()),
            )
            return caller, int(claims["exp"])
        except _UNREADABLE:
            raise ShikakuError("token-invalid") from None


def claimed_client(assertion: str) -> UUID:
    """Whom an assertion claims to come from, unverified: whose key to look up. Raises `assertion-invalid`."""
    try:
        claims = _claims(jws.extract_compact(assertion.encode()).payload)
        return UUID(claims["iss"])
    except _UNREADABLE:
        raise ShikakuError("assertion-invalid") from None


def _claims(payload: bytes) -> dict[str, Any]:
    claims = json.loads(payload)
    if not isinstance(claims, dict):
        raise ValueError("claims are an object")
    return claims


def check_assertion(assertion: str, public_key: dict[str, Any], *, audience: str, now: datetime) -> Assertion:
    """An assertion that holds: signature, issuer and subject, audience, life. Raises `assertion-invalid`."""
    try:
        claims = jwt.decode(assertion, ECKey.import_key(public_key), algorithms=_ALGORITHMS).claims
        issued, expires, jti = int(claims["iat"]), int(claims["exp"]), claims["jti"]
        seconds = now.timestamp()
        holds = (
            claims["iss"] == claims["sub"]
            and claims["aud"] == audience
            and isinstance(jti, str)
            and 8 <= len(jti) <= 128
            and jti.isprintable()
            and issued <= seconds + _CLOCK_TOLERANCE_SECONDS
            and seconds < expires <= seconds + MAX_ASSERTION_SECONDS
        )
        if not holds:
            raise ShikakuError("assertion-invalid")
        return Assertion(UUID(claims["iss"]), datetime.fromtimestamp(expires, UTC), jti)
    except _UNREADABLE:
        raise ShikakuError("assertion-invalid") from None
