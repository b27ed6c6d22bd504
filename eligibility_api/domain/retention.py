"""How long revocation data speak of expired certificates (rule Q6).

A list or response is expected to drop a certificate after its expiry (RFC 5280 section 3.3), so that its silence
says nothing then, unless it says since when it keeps them: by the extension ExpiredCertsOnCRL (X.509), by the
archive cutoff (RFC 6960 section 4.4.4).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from cryptography import x509

EXPIRED_CERTS_ON_CRL = x509.ObjectIdentifier("2.5.29.60")
ARCHIVE_CUTOFF = x509.ObjectIdentifier("1.3.6.1.5.5.7.48.1.6")

_GENERALIZED_TIME = re.compile(rb"\x18\x0f([0-9]{14})Z")
"""DER: to the second, in UTC (RFC 5280 section 4.1.2.5.2)."""


def kept_since(extensions: x509.Extensions, oid: x509.ObjectIdentifier) -> datetime | None:
    """The instant since whose expiry revoked certificates are kept; None if they do not state it readably."""
    for extension in extensions:
        if extension.oid == oid and isinstance(extension.value, x509.UnrecognizedExtension):
            return _instant(extension.value.value)
    return None


def covers(since: datetime | None, ended_at: datetime | None) -> bool:
    """Whether data that keep certificates `since` an instant speak of one that ended at `ended_at`.

    Of one that has not ended (None) they always do.
    """
    return ended_at is None or (since is not None and since <= ended_at)


def _instant(der: bytes) -> datetime | None:
    found = _GENERALIZED_TIME.fullmatch(der)
    if found is None:
        return None
    try:
        return datetime.strptime(found[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
