"""Issues certificates for terminals that may use the PIN-less route (visual check), at the fund's request.

Cards accept them while they are valid; the fund checks whether the terminal is still admitted.
"""

import base64
import binascii
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from jpki_mock.authority.authorities import Authorities
from jpki_mock.authority.profiles import build_leaf, terminal_leaf
from jpki_mock.authority.values import Kind, Period
from jpki_mock.errors import InvalidInput

_LIFETIME = timedelta(days=30)


def read_terminal_key(encoded: str) -> ec.EllipticCurvePublicKey:
    """Read a P-256 public key from base64 SubjectPublicKeyInfo. Raises InvalidInput."""
    try:
        key = load_der_public_key(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm) as error:
        raise InvalidInput("The terminal's public key cannot be read.") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise InvalidInput("A terminal's public key must be a P-256 key.")
    return key


def certify_terminal(
    authorities: Authorities, terminal_id: str, public_key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.Certificate:
    """Issue a terminal's certificate, valid for thirty days."""
    issuer = authorities.newest(Kind.TERMINAL)
    start = now.astimezone(UTC).replace(microsecond=0)
    leaf = terminal_leaf(
        terminal_id, public_key, x509.random_serial_number(), Period(start, start + _LIFETIME)
    )
    return build_leaf(leaf, issuer.certificate, issuer.key)
