"""The input of a card's signature: a message's digest in the form that the certificate's key needs."""

from __future__ import annotations

import hashlib

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from clinic_terminal.card.errors import CardError

DIGEST_INFO_SHA256 = bytes.fromhex("3031300D060960864801650304020105000420")
"""Prefix of a SHA-256 digest in PKCS#1 v1.5 (RFC 8017 section 9.2, note 1)."""

_UNREADABLE = (ValueError, TypeError, x509.InvalidVersion)
"""Exceptions of `cryptography` for a certificate, or its key, that a card may send; any bytes are possible."""


def signature_input(certificate: bytes, message: bytes) -> bytes:
    """RSA: DigestInfo with SHA-256 of `message`, which the card pads. P-384: the bare SHA-384 digest.

    Only the key of `certificate` (DER) is used; the fund validates it. Raises CardError `card-unexpected`
    when it is no certificate, `certificate-key-type` for any other key.
    """
    key = _public_key(certificate)
    if isinstance(key, rsa.RSAPublicKey):
        return DIGEST_INFO_SHA256 + hashlib.sha256(message).digest()
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP384R1):
        return hashlib.sha384(message).digest()
    raise CardError("certificate-key-type")


def _public_key(certificate: bytes) -> object:
    try:
        return x509.load_der_x509_certificate(certificate).public_key()
    except UnsupportedAlgorithm as error:
        raise CardError("certificate-key-type") from error
    except _UNREADABLE as error:
        raise CardError("card-unexpected") from error
