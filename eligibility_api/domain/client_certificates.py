"""Which client certificate an access token is bound to, and who may use it (RFC 8705 section 3; rule G5)."""

from __future__ import annotations

from collections.abc import Sequence

from eligibility_api.contract.errors import ShikakuError

MAX_ADMITTED = 2
"""Certificates of a client at a time: that in use, and the next one, so that a rotation interrupts nothing."""


def certificate_to_bind(admitted: Sequence[str], presented: str | None, *, required: bool) -> str | None:
    """The thumbprint that a new token is bound to; None without a certificate.

    `admitted`: those of the client. Raises `client-certificate-missing`, or `client-certificate-wrong` for another than
    those; if one is `required`, also for a client that has none.
    """
    if presented is None:
        if admitted or required:
            raise ShikakuError("client-certificate-missing")
        return None
    if presented not in admitted and (admitted or required):
        raise ShikakuError("client-certificate-wrong")
    return presented


def check_bound(bound: str | None, presented: str | None, *, required: bool) -> None:
    """Check the certificate of a request with a token that is `bound` to one.

    Raises `client-certificate-missing`, also for a token without certificate if one is `required`, or
    `client-certificate-wrong`.
    """
    if bound is None:
        if required:
            raise ShikakuError("client-certificate-missing")
        return
    if presented is None:
        raise ShikakuError("client-certificate-missing")
    if presented != bound:
        raise ShikakuError("client-certificate-wrong")


def with_certificate(admitted: Sequence[str], new: str, *, only: bool) -> list[str]:
    """The certificates of a client once `new` is admitted, newest last: `only` that, or also the newest before it."""
    kept = [] if only else [one for one in admitted if one != new]
    return [*kept, new][-MAX_ADMITTED:]
