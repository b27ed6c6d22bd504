"""Validation of a user-authentication certificate (path, profile, period) and of the card's signature.

Checks run in the usual order of verifiers: kind, path, profile, period (revocation is checked in the
database). The result of path and profile never changes for the same bytes and trust store, and may be cached;
the period is checked against the clock at every use.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtensionOID, ObjectIdentifier, PublicKeyAlgorithmOID

from eligibility_api.contract.errors import ShikakuError

MAX_CERTIFICATE_BYTES = 8192
"""Maximum size of a certificate that is parsed; real ones have about 1.1 kB."""

POLICY = ObjectIdentifier("1.2.392.200149.8.5.1.3.30")
"""Certificate policy of JPKI user authentication."""

MIN_RSA_BITS, MAX_RSA_BITS, RSA_EXPONENT = 2048, 4096, 65537

_RSA = PublicKeyAlgorithmOID.RSAES_PKCS1_v1_5  # rsaEncryption: the name it has in `cryptography`

_KNOWN_EXTENSIONS = {
    ExtensionOID.KEY_USAGE,
    ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.BASIC_CONSTRAINTS,
}

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""All exceptions of `cryptography` for foreign DER. It parses lazily, so any access to a value may raise."""


@dataclass(frozen=True, slots=True)
class CertificateId:
    """Identifies a certificate: SHA-256 of its issuer's SubjectPublicKeyInfo, and its serial number.

    All generations of an authority share one name, so name and serial would be ambiguous.
    """

    authority: bytes
    serial: int

    @property
    def serial_bytes(self) -> bytes:
        """The serial number as stored: big-endian, without leading zeros."""
        return self.serial.to_bytes((self.serial.bit_length() + 7) // 8 or 1, "big")


@dataclass(frozen=True, slots=True)
class UserCertificate:
    """A user-authentication certificate whose path and profile were validated."""

    id: CertificateId
    key: PublicKey
    not_before: datetime
    not_after: datetime


def key_sha256(key: object) -> bytes:
    """SHA-256 of a public key's SubjectPublicKeyInfo (DER)."""
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    return hashlib.sha256(spki).digest()


class TrustStore:
    """The trusted authorities: one set for user authentication, one for signatures.

    The second only serves to distinguish a signature certificate from one of an unknown authority.
    """

    def __init__(
        self, authentication: Iterable[x509.Certificate], signature: Iterable[x509.Certificate] = ()
    ) -> None:
        self.authentication = {key_sha256(ca.public_key()): ca for ca in authentication}
        self.signature = {key_sha256(ca.public_key()): ca for ca in signature}

    def issuer_of(self, certificate: x509.Certificate) -> bytes:
        """The key of the authority that signed `certificate`, found by signature, never by name (rule A2).

        Raises `certificate-wrong-kind` or `certificate-other-authority`.
        """
        for authority, ca in self.authentication.items():
            if _signed_by(certificate, ca):
                return authority
        if any(_signed_by(certificate, ca) for ca in self.signature.values()):
            raise ShikakuError("certificate-wrong-kind")
        raise ShikakuError("certificate-other-authority")


def _signed_by(certificate: x509.Certificate, ca: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(ca)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def accept(der: bytes, trust: TrustStore) -> UserCertificate:
    """Validate path and profile of the certificate `der` (rules A2, A3).

    The caller checks period and revocation. Raises one of the `certificate-…` refusals.
    """
    certificate = _parse(der)
    authority = trust.issuer_of(certificate)
    key = _checked_key(certificate)
    _check_profile(certificate)
    return UserCertificate(
        id=CertificateId(authority, certificate.serial_number),
        key=key,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )


def public_key_of(der: bytes) -> PublicKey:
    """The key of a certificate that is not validated yet (rule A3).

    Raises one of the `certificate-…` refusals.
    """
    return _checked_key(_parse(der))


def check_period(certificate: UserCertificate, now: datetime) -> None:
    """Raise `certificate-not-yet-valid` or `certificate-expired`; both ends are valid (RFC 5280, rule A4)."""
    if now < certificate.not_before:
        raise ShikakuError("certificate-not-yet-valid")
    if now > certificate.not_after:
        raise ShikakuError("certificate-expired")


def check_signature(key: PublicKey, signature: bytes, message: bytes) -> None:
    """Raise `signature-invalid` unless `signature` is `key`'s over `message` (rule A5).

    RSA: RSASSA-PKCS1-v1_5 with SHA-256, nothing else. P-384: ECDSA with SHA-384, DER.
    """
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        else:
            key.verify(signature, message, ec.ECDSA(hashes.SHA384()))
    except InvalidSignature:
        raise ShikakuError("signature-invalid") from None


def check_size(der: bytes) -> None:
    """Raise `certificate-too-large` before anything else sees the bytes."""
    if len(der) > MAX_CERTIFICATE_BYTES:
        raise ShikakuError("certificate-too-large")


def _parse(der: bytes) -> x509.Certificate:
    check_size(der)
    try:
        certificate = x509.load_der_x509_certificate(der)
        # Parsing is lazy: access now what is used later, so that it cannot fail there.
        certificate.public_key()
        _ = certificate.extensions, certificate.not_valid_before_utc, certificate.not_valid_after_utc
        numbered = certificate.serial_number > 0
    except UnsupportedAlgorithm:
        raise ShikakuError("certificate-key-type") from None
    except UNREADABLE:
        raise ShikakuError("certificate-malformed") from None
    # Only version 3 has extensions (RFC 5280 section 4.1.2.1). The signature stands at the end, in whole
    # octets: a count of unused bits other than 0 would be a second encoding of the same certificate.
    whole = der.endswith(b"\0" + certificate.signature)
    if not (numbered and whole and certificate.version is x509.Version.v3):
        raise ShikakuError("certificate-malformed")
    return certificate


def _check_profile(certificate: x509.Certificate) -> None:
    """Rule A3: policy and key usage. Fields that were never seen on a real certificate are not required."""
    unknown = [e for e in certificate.extensions if e.critical and e.oid not in _KNOWN_EXTENSIONS]
    if unknown:
        raise ShikakuError("certificate-extension")
    _check_key_usage(certificate.extensions)
    if POLICY not in _policies(certificate.extensions):
        raise ShikakuError("certificate-policy")


def _checked_key(certificate: x509.Certificate) -> PublicKey:
    match certificate.public_key():
        # A key bound to RSASSA-PSS (RFC 4055 section 1.2) also loads as an RSA key, and must not sign
        # otherwise.
        case rsa.RSAPublicKey() as key if certificate.public_key_algorithm_oid == _RSA:
            if key.key_size < MIN_RSA_BITS:
                raise ShikakuError("certificate-key-too-weak")
            if key.key_size > MAX_RSA_BITS:
                raise ShikakuError("certificate-key-too-large")
            if key.public_numbers().e != RSA_EXPONENT:
                raise ShikakuError("certificate-exponent")
            return key
        case ec.EllipticCurvePublicKey() as key if isinstance(key.curve, ec.SECP384R1):
            return key
        case _:
            raise ShikakuError("certificate-key-type")


def _check_key_usage(extensions: x509.Extensions) -> None:
    try:
        extension = extensions.get_extension_for_class(x509.KeyUsage)
    except x509.ExtensionNotFound:
        raise ShikakuError("certificate-key-usage") from None
    usage = extension.value
    others = (
        usage.content_commitment,
        usage.key_encipherment,
        usage.data_encipherment,
        usage.key_agreement,
        usage.key_cert_sign,
        usage.crl_sign,
    )
    if not (extension.critical and usage.digital_signature) or any(others) or _is_ca(extensions):
        raise ShikakuError("certificate-key-usage")


def _is_ca(extensions: x509.Extensions) -> bool:
    try:
        return extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _policies(extensions: x509.Extensions) -> set[ObjectIdentifier]:
    try:
        policies = extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return set()
    return {policy.policy_identifier for policy in policies}
