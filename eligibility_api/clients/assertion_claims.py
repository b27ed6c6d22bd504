"""The claims of a client assertion (RFC 7523 section 3): which of them break which rule. Pure.

A sender may learn these faults only where they show nothing about others: after the signature was verified, or where
they follow from the sent text alone. Whether a client exists, is closed or has another key is never among them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any, TypeGuard
from uuid import UUID

MAX_ASSERTION_SECONDS = 300
"""Maximum lifetime of an assertion, equal to a token's."""

TOO_LONG = ("exp", "at_most_300_seconds")
"""The fault of an assertion that lives too long."""

_CLOCK_TOLERANCE_SECONDS = 60
_PLACE = "body.client_assertion"

ClaimFault = tuple[str, str]
"""A claim's name and the rule that it breaks."""


def claim_faults(
    claims: Mapping[str, Any], *, audiences: Collection[str], seconds: float
) -> list[ClaimFault]:
    """The faults in the order of the claims in RFC 7523; empty if the assertion is valid at `seconds` since 1970."""
    checks = {
        "iss": _client_fault(claims),
        "sub": None if claims.get("sub") == claims.get("iss") else "equals_iss",
        "aud": None if is_addressed_to(claims.get("aud"), audiences) else "audience",
        "exp": _expiry_fault(claims.get("exp"), seconds),
        "nbf": _begin_fault(claims["nbf"], seconds) if "nbf" in claims else None,
        "iat": _begin_fault(claims.get("iat"), seconds),
        "jti": _id_fault(claims.get("jti")),
    }
    return [
        (name, fault if name in claims else "missing") for name, fault in checks.items() if fault is not None
    ]


def as_errors(*faults: ClaimFault) -> list[dict[str, str]]:
    """The faults as `errors` of a problem: place and rule, never the value."""
    return [{"place": f"{_PLACE}.{name}" if name else _PLACE, "rule": rule} for name, rule in faults]


def is_addressed_to(aud: object, audiences: Collection[str]) -> bool:
    """Whether every value of a claim `aud` (RFC 7519 section 4.1.3: a text or an array) is one of `audiences`.

    An assertion that is also addressed to another server is refused: that server could use it here.
    """
    named = aud if isinstance(aud, list) else [aud]
    return bool(named) and all(isinstance(name, str) and name in audiences for name in named)


def _client_fault(claims: Mapping[str, Any]) -> str | None:
    try:
        UUID(claims["iss"])
    except (KeyError, ValueError, TypeError, AttributeError):
        return "client_id"
    return None


def _expiry_fault(claim: object, seconds: float) -> str | None:
    if not _is_instant(claim):
        return "number"
    if claim <= seconds:
        return "expired"
    return TOO_LONG[1] if claim > seconds + MAX_ASSERTION_SECONDS else None


def _begin_fault(claim: object, seconds: float) -> str | None:
    if not _is_instant(claim):
        return "number"
    return "in_the_future" if claim > seconds + _CLOCK_TOLERANCE_SECONDS else None


def _id_fault(claim: object) -> str | None:
    is_id = isinstance(claim, str) and 8 <= len(claim) <= 128 and claim.isprintable()
    return None if is_id else "8_to_128_printable_characters"


def _is_instant(claim: object) -> TypeGuard[float]:
    """Whether a claim is a NumericDate (RFC 7519 section 2), seconds since 1970."""
    return isinstance(claim, int | float) and not isinstance(claim, bool) and math.isfinite(claim)
