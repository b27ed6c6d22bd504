"""Validation of CRLs and OCSP responses (rules Q1 to Q6).

Both must be signed by the authority whose certificates they cover (an OCSP response also by a responder that
the authority delegated, RFC 6960 section 4.2.2.2), be current, and not be older than what is known. An
unknown critical extension rejects them: delta, partial and indirect lists are marked by one (RFC 5280 section
5.2), and would clear what they omit if they were taken as complete. Rejected data changes nothing: the last
accepted mirror serves while it is fresh.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from eligibility_api.domain.certificate import UNREADABLE
from eligibility_api.domain.retention import ARCHIVE_CUTOFF, EXPIRED_CERTS_ON_CRL, covers, kept_since

CLOCK_TOLERANCE = timedelta(seconds=60)
"""How far J-LIS's clock may be ahead of ours before its data is rejected (rule Q1)."""


_KNOWN_EXTENSIONS = (x509.AuthorityKeyIdentifier, x509.CRLNumber, x509.CRLReason, x509.OCSPNonce)


class CertificateStatus(StrEnum):
    """The revocation status of a certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    SUSPENDED = "suspended"


class RevocationDataRejected(Exception):
    """A CRL or OCSP response that must not be used; the text gives the reason, for the log."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """One entry of a CRL: serial number, instant, and whether the certificate is revoked or suspended."""

    serial: int
    revoked_at: datetime
    status: CertificateStatus


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A validated CRL: its number, its window and the digest of its bytes."""

    number: int
    this_update: datetime
    next_update: datetime
    sha256: bytes
    crl: x509.CertificateRevocationList
    expired_since: datetime | None = None
    """Since when it has expired certificates too; None if it does not say."""

    def entries(self) -> Iterator[Revocation]:
        """Yield every revoked or suspended certificate; lazily, since a nation's list is long.

        Serial numbers that no accepted certificate has (RFC 5280 section 4.1.2.2: positive) are skipped (rule
        Q4). Raises RevocationDataRejected.
        """
        with _readable("a CRL whose entries can be read"):
            for entry in self.crl:
                if entry.serial_number > 0:
                    yield Revocation(entry.serial_number, entry.revocation_date_utc, _status_of(entry))


@contextmanager
def _readable(what: str) -> Iterator[None]:
    """Turn every parsing error into RevocationDataRejected: foreign data must not end the program."""
    try:
        yield
    except UNREADABLE as error:
        raise RevocationDataRejected(f"not {what}") from error


def _check_extensions(extensions: x509.Extensions) -> None:
    for extension in extensions:
        if extension.critical and not isinstance(extension.value, _KNOWN_EXTENSIONS):
            raise RevocationDataRejected("has an unknown critical extension")


def _status_of(entry: x509.RevokedCertificate) -> CertificateStatus:
    _check_extensions(entry.extensions)
    try:
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        return CertificateStatus.REVOKED
    return _status_for(reason)


def _status_for(reason: x509.ReasonFlags | None) -> CertificateStatus:
    hold = reason is x509.ReasonFlags.certificate_hold
    return CertificateStatus.SUSPENDED if hold else CertificateStatus.REVOKED


@dataclass(frozen=True, slots=True)
class MirroredList:
    """The number and digest of the newest CRL in the mirror."""

    number: int
    sha256: bytes


def validate_crl(
    der: bytes, ca: x509.Certificate, *, now: datetime, known: MirroredList | None
) -> RevocationList:
    """Validate the CRL `der`: issued by `ca`, current, and not older than `known` (rules Q1, Q3).

    Raises RevocationDataRejected.
    """
    with _readable("a CRL with a number"):
        crl = x509.load_der_x509_crl(der)
        number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        this_update, next_update = crl.last_update_utc, crl.next_update_utc
    # The signature is at the end, in whole octets: another count of unused bits would be a second encoding.
    whole = der.endswith(b"\0" + crl.signature)
    if not (whole and crl.is_signature_valid(ca.public_key())):  # type: ignore[arg-type]
        raise RevocationDataRejected("signed by another authority")
    _check_extensions(crl.extensions)
    _check_window(this_update, next_update, now)
    assert next_update is not None
    digest = hashlib.sha256(der).digest()
    if known is not None and (number < known.number or (number == known.number and digest != known.sha256)):
        raise RevocationDataRejected("older than the mirrored one, or another one with the same number")
    expired_since = kept_since(crl.extensions, EXPIRED_CERTS_ON_CRL)
    return RevocationList(number, this_update, next_update, digest, crl, expired_since)


def _check_window(this_update: datetime, next_update: datetime | None, now: datetime) -> None:
    if this_update > now + CLOCK_TOLERANCE:
        raise RevocationDataRejected("issued in the future: the clocks differ")
    if next_update is None or next_update <= now:
        raise RevocationDataRejected("past its next update")


def validate_ocsp(
    der: bytes,
    *,
    ca: x509.Certificate,
    serial: int,
    nonce: bytes,
    now: datetime,
    max_age: timedelta,
    ended_at: datetime | None = None,
) -> CertificateStatus:
    """Validate an OCSP response about certificate `serial` of `ca`, at most `max_age` old (rules Q2, Q3).

    The status `unknown` is rejected too: an authority that does not know its own certificate cannot clear it. So
    is `good` of a certificate that ended at `ended_at` (None: it has not ended), if the response does not say that
    it knows of those (rule Q6). Raises RevocationDataRejected.
    """
    with _readable("an OCSP response about one certificate, with a nonce"):
        answer = ocsp.load_der_ocsp_response(der)
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise RevocationDataRejected("the responder reports a failure")
        if answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce != nonce:
            raise RevocationDataRejected("a response to another request: the nonce differs")
        if answer.serial_number != serial or answer.issuer_key_hash != _key_hash(ca, answer):
            raise RevocationDataRejected("about another certificate")
        _check_responder(answer, ca, now)
        _check_extensions(answer.extensions)
        _check_extensions(answer.single_extensions)
        _check_window(answer.this_update_utc, answer.next_update_utc, now)
        if answer.this_update_utc < now - max_age - CLOCK_TOLERANCE:
            raise RevocationDataRejected("older than the maximum age")
        status = _ocsp_status(answer)
        cutoff = kept_since(answer.single_extensions, ARCHIVE_CUTOFF)
    if status is CertificateStatus.GOOD and not covers(cutoff, ended_at):
        raise RevocationDataRejected("does not say that it knows of expired certificates")
    return status


def _ocsp_status(answer: ocsp.OCSPResponse) -> CertificateStatus:
    match answer.certificate_status:
        case ocsp.OCSPCertStatus.GOOD:
            return CertificateStatus.GOOD
        case ocsp.OCSPCertStatus.REVOKED:
            return _status_for(answer.revocation_reason)
        case _:
            raise RevocationDataRejected("the responder does not know the certificate")


def _key_hash(ca: x509.Certificate, answer: ocsp.OCSPResponse) -> bytes:
    """The expected `issuerKeyHash` (RFC 6960 section 4.1.1) of `ca`, with the response's hash algorithm."""
    key = x509.SubjectKeyIdentifier.from_public_key(ca.public_key())
    if answer.hash_algorithm.name == "sha1":
        return key.digest
    # SubjectKeyIdentifier hashes the key bits with SHA-1 (RFC 5280 4.2.1.2); other hashes need the bits.
    return hashlib.new(answer.hash_algorithm.name, _key_bits(ca)).digest()


def _key_bits(ca: x509.Certificate) -> bytes:
    key = ca.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _check_responder(answer: ocsp.OCSPResponse, ca: x509.Certificate, now: datetime) -> None:
    signer: CertificatePublicKeyTypes = ca.public_key()
    for delegate in answer.certificates:
        if _is_delegate(delegate, ca, now):
            signer = delegate.public_key()
    _verify(signer, answer)


def _is_delegate(certificate: x509.Certificate, ca: x509.Certificate, now: datetime) -> bool:
    try:
        certificate.verify_directly_issued_by(ca)
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    in_period = certificate.not_valid_before_utc - CLOCK_TOLERANCE <= now <= certificate.not_valid_after_utc
    return in_period and ExtendedKeyUsageOID.OCSP_SIGNING in usage


def _verify(key: CertificatePublicKeyTypes, answer: ocsp.OCSPResponse) -> None:
    algorithm = answer.signature_hash_algorithm
    if algorithm is None or algorithm.name not in {"sha256", "sha384", "sha512"}:
        raise RevocationDataRejected("signed with an unsupported hash")
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(algorithm))
        else:
            raise RevocationDataRejected("signed with an unsupported key type")
    except InvalidSignature:
        raise RevocationDataRejected("signed by another authority") from None
