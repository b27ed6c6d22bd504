"""Access tokens (ES256, valid for at most five minutes) and the assertions that are exchanged for them.

Tokens are validated locally. The result of the signature check is cached (bounded), the expiry is checked at
every use. Whether the client is still admitted is checked by each statement in the database.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from eligibility_api.clients.assertion_claims import TOO_LONG, as_errors, claim_faults
from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.client_certificates import check_bound

_MAX_CACHED_TOKENS = 20_000
_MAX_TOKEN_LENGTH = 2_048
"""Characters; a token with every right has some 800."""

_THUMBPRINT = "x5t#S256"
"""The member of a token's `cnf` (RFC 8705 section 3.1)."""

_ALGORITHMS = ["ES256"]
_UNREADABLE = (JoseError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""Exceptions that a malformed token or assertion causes, including infinite numbers and deep nesting."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """A verified client assertion (RFC 7523 section 3): its client and its single-use id."""

    client_id: UUID
    jti: str


class Tokens:
    """Issues and validates the access tokens of one fund."""

    def __init__(
        self,
        key: ECKey,
        audience: str,
        life_seconds: int,
        *,
        issuer: str | None = None,
        must_be_bound: bool = False,
    ) -> None:
        """`issuer`: the `iss` of new tokens (RFC 9068), by default `audience`.

        `must_be_bound`: a token without a client certificate is refused.
        """
        self._key = key
        self._name = key.thumbprint()
        self._accepted = {self._name: key}
        self._audience = audience
        self._issuer = issuer or audience
        self.life_seconds = life_seconds
        self._must_be_bound = must_be_bound
        self._validated: OrderedDict[str, tuple[Caller, int, str | None]] = OrderedDict()

    def use_keys(self, signing: ECKey, accepted: Iterable[ECKey]) -> None:
        """Sign with one key, and accept tokens of these, newest first. Tokens of any other key end."""
        keys = {key.thumbprint(): key for key in accepted}
        if not self._accepted.keys() <= keys.keys():
            self._validated.clear()
        self._key, self._name, self._accepted = signing, signing.thumbprint(), keys

    def issue(self, caller: Caller, now: datetime, certificate: str | None = None) -> str:
        """Return a new token for `caller`, bound to the certificate with this thumbprint (RFC 8705 section 3.1)."""
        claims: dict[str, Any] = {
            "iss": self._issuer,
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
        if certificate is not None:
            claims["cnf"] = {_THUMBPRINT: certificate}
        return jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": self._name}, claims, self._key)

    def read(self, token: str, now: datetime, certificate: str | None = None) -> Caller:
        """Validate a token and return its caller. `certificate`: the thumbprint of the request's client certificate.

        Raises `token-invalid`, `token-expired`, or as `check_bound`.
        """
        if len(token) > _MAX_TOKEN_LENGTH:
            raise ShikakuError("token-invalid")
        known = self._validated.get(token)
        if known is None:
            known = self._validated[token] = self._validate(token)
            if len(self._validated) > _MAX_CACHED_TOKENS:
                self._validated.popitem(last=False)
        caller, expires, bound = known
        if expires <= now.timestamp():
            self._validated.pop(token, None)
            raise ShikakuError("token-expired")
        if bound is not None or self._must_be_bound:
            check_bound(bound, certificate, required=self._must_be_bound)
        return caller

    def _validate(self, token: str) -> tuple[Caller, int, str | None]:
        try:
            decoded = jwt.decode(token, self._key_named, algorithms=_ALGORITHMS)
            claims = decoded.claims
            if decoded.header.get("typ") != "at+jwt" or claims["aud"] != self._audience:
                raise ShikakuError("token-invalid")
            caller = Caller(
                client_id=UUID(claims["sub"]),
                institution_code=claims.get("facility"),
                insurer_number=claims.get("insurer"),
                rights=frozenset(Right(right) for right in claims["scope"].split()),
            )
            return caller, int(claims["exp"]), claims["cnf"][_THUMBPRINT] if "cnf" in claims else None
        except _UNREADABLE:
            raise ShikakuError("token-invalid") from None

    def _key_named(self, token: Any) -> ECKey:
        """The key that a token names (`kid`); the oldest for one that names none, as of an earlier release."""
        name = token.headers().get("kid")
        return list(self._accepted.values())[-1] if name is None else self._accepted[name]


def claimed_client(assertion: str) -> UUID:
    """Return the client id that an assertion claims, unverified, to find its key.

    Raises `assertion-invalid`, which names what is wrong with the text itself.
    """
    try:
        compact = jws.extract_compact(assertion.encode())
        algorithm, claims = compact.headers().get("alg"), json.loads(compact.payload)
    except _UNREADABLE:
        raise ShikakuError("assertion-invalid", errors=as_errors(("", "jwt"))) from None
    if algorithm not in _ALGORITHMS:
        raise ShikakuError("assertion-invalid", errors=as_errors(("alg", "ES256")))
    if not isinstance(claims, dict):
        raise ShikakuError("assertion-invalid", errors=as_errors(("", "jwt")))
    try:
        return UUID(claims["iss"])
    except _UNREADABLE:
        fault = ("iss", "client_id" if "iss" in claims else "missing")
        raise ShikakuError("assertion-invalid", errors=as_errors(fault)) from None


def check_assertion(
    assertion: str, public_keys: Iterable[dict[str, Any]], *, audiences: Collection[str], now: datetime
) -> Assertion:
    """Validate the signature by one of the client's keys, and issuer, subject, audience and lifetime.

    Raises `assertion-invalid`, or `assertion-too-long` if only the lifetime is wrong. Both name the claims at fault,
    once the signature is verified: only the holder of the client's key gets to know them.
    """
    try:
        claims = _signed_claims(assertion, public_keys)
        faults = claim_faults(claims, audiences=audiences, seconds=now.timestamp())
        if faults:
            code = "assertion-too-long" if faults == [TOO_LONG] else "assertion-invalid"
            raise ShikakuError(code, errors=as_errors(*faults))
        return Assertion(UUID(claims["iss"]), claims["jti"])
    except _UNREADABLE:
        raise ShikakuError("assertion-invalid") from None


def _signed_claims(assertion: str, public_keys: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The claims under a signature of one of the keys. Raises ValueError if it is of none, or as the decoding of the last."""
    failure: Exception = ValueError("no key")
    for key in public_keys:
        try:
            return jwt.decode(assertion, ECKey.import_key(key), algorithms=_ALGORITHMS).claims
        except _UNREADABLE as error:
            failure = error
    raise failure
