"""The client certificate of a request's TLS connection, as the proxy that ended it reports it (RFC 8705 section 6.5).

The header is read from a Unix socket or a listed proxy alone, and by the server's protocol alone: both the fast path and
the framework find the thumbprint in the scope.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache  # noqa: TID251 - the header limit bounds each text
from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.types import Scope

CERTIFICATE_HEADER: Final = b"x-client-certificate"

_SCOPE_KEY: Final = "client_certificate"
_THUMBPRINT = re.compile(rb"[A-Za-z0-9_-]{43}")
_BEGIN, _END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"
_MAX_HEADER_LENGTH = 8_192
_MAX_CACHED = 1_024


def set_certificate(scope: Scope, headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Store what a trusted proxy reports. None, one that is unreadable, and several count as no certificate."""
    values = [value for name, value in headers if name == CERTIFICATE_HEADER]
    scope[_SCOPE_KEY] = _thumbprint_in(values[0]) if len(values) == 1 else None


def client_certificate(scope: Scope) -> str | None:
    """The thumbprint of a request's client certificate; None if nobody who is trusted reports one."""
    thumbprint: str | None = scope.get(_SCOPE_KEY)
    return thumbprint


def thumbprint_of(certificate: bytes) -> str:
    """`x5t#S256` of a certificate (DER): base64url of its SHA-256, without padding (RFC 8705 section 3.1)."""
    return base64.urlsafe_b64encode(hashlib.sha256(certificate).digest()).rstrip(b"=").decode("ascii")


def _thumbprint_in(value: bytes) -> str | None:
    if _THUMBPRINT.fullmatch(value):  # HAProxy reports the thumbprint
        return value.decode("ascii")
    return _thumbprint_of_escaped(value) if len(value) <= _MAX_HEADER_LENGTH else None


@lru_cache(maxsize=_MAX_CACHED)
def _thumbprint_of_escaped(value: bytes) -> str | None:
    """The thumbprint of a certificate as nginx reports it: PEM, percent-encoded (`$ssl_client_escaped_cert`)."""
    pem = unquote_to_bytes(value).strip()
    if not pem.startswith(_BEGIN) or not pem.endswith(_END):
        return None
    try:
        content = base64.b64decode(b"".join(pem[len(_BEGIN) : -len(_END)].split()), validate=True)
    except binascii.Error:
        return None
    return thumbprint_of(content) if content else None
