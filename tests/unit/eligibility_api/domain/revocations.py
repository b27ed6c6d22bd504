"""CRLs and OCSP responses for tests: a valid one of each, with changes. Keys are made once per process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from jpki_mock.authority.keys import PrivateKey, signature_hash
from jpki_mock.authority.profiles import build_leaf, build_root, responder_leaf
from jpki_mock.authority.values import CaId, Kind, Period
from tests.conformance import der

NOW = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SERIAL = 4711
NONCE = b"sixteen bytes !!"
FRESH = timedelta(hours=2)
"""How old an OCSP answer may be here."""
CA = CaId(Kind.AUTHENTICATION, 1)

Extensions = Iterable[tuple[x509.ExtensionType, bool]]
Fields = list[bytes]


P384 = "p384 authority"
"""The authority whose key is on P-384; all others have RSA-2048."""


@cache
def rsa_key(owner: str) -> rsa.RSAPrivateKey:
    """An RSA-2048 key; the same for the same owner."""
    return rsa.generate_private_key(65537, 2048)


@cache
def p384_key() -> ec.EllipticCurvePrivateKey:
    """A P-384 key, always the same."""
    return ec.generate_private_key(ec.SECP384R1())


def key_of(owner: str) -> PrivateKey:
    """The owner's key."""
    return p384_key() if owner == P384 else rsa_key(owner)


@cache
def authority(owner: str = "authority") -> x509.Certificate:
    """An authority's certificate; all authorities share one name, as generations do."""
    return build_root(CA, key_of(owner), 1, NOW)


def entry(
    serial: int, reason: x509.ReasonFlags | None = None, extensions: Extensions = ()
) -> x509.RevokedCertificate:
    """A revoked certificate's entry in a CRL."""
    builder = x509.RevokedCertificateBuilder(serial, NOW - HOUR)
    if reason is not None:
        builder = builder.add_extension(x509.CRLReason(reason), critical=False)
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    return builder.build()


def crl(
    *,
    number: int | None = 7,
    this_update: datetime = NOW - HOUR,
    next_update: datetime = NOW + HOUR,
    entries: Iterable[x509.RevokedCertificate] = (),
    extensions: Extensions = (),
    signer: str = "authority",
) -> bytes:
    """A CRL (DER) of the authority."""
    builder = x509.CertificateRevocationListBuilder(
        issuer_name=authority().subject,
        last_update=this_update,
        next_update=next_update,
        revoked_certificates=list(entries),
    )
    if number is not None:
        builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    key = key_of(signer)
    return builder.sign(key, signature_hash(key)).public_bytes(Encoding.DER)


def edited_crl(
    edit: Callable[[Fields], None], crl_der: bytes, *, digest: hashes.HashAlgorithm | None = None
) -> bytes:
    """A CRL whose fields `edit` changed in place, signed again by the authority."""
    tbs, algorithm, _ = der.parts(crl_der)
    fields = der.parts(tbs)
    edit(fields)
    changed = der.element(der.SEQUENCE, *fields)
    signature = rsa_key("authority").sign(changed, padding.PKCS1v15(), digest or hashes.SHA256())
    outer = fields[1] if digest else algorithm
    return der.element(der.SEQUENCE, changed, outer, der.bits(signature))


def delegate(
    owner: str = "delegate",
    *,
    start: datetime = NOW - HOUR,
    end: datetime = NOW + HOUR,
    signer: str = "authority",
    **changes: Any,
) -> x509.Certificate:
    """A delegated responder's certificate, its contents with changes."""
    leaf = responder_leaf(CA, rsa_key(owner).public_key(), 99, Period(start, end))
    return build_leaf(replace(leaf, **changes), authority(), rsa_key(signer))


def key_hash(algorithm: hashes.HashAlgorithm, owner: str = "authority") -> bytes:
    """`issuerKeyHash` (RFC 6960 section 4.1.1)."""
    key = key_of(owner).public_key()
    if isinstance(key, rsa.RSAPublicKey):
        bits = key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    else:
        bits = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return hashlib.new(algorithm.name, bits).digest()


def answer(
    *,
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    reason: x509.ReasonFlags | None = None,
    serial: int = SERIAL,
    issuer: str = "authority",
    algorithm: hashes.HashAlgorithm | None = None,
    this_update: datetime = NOW - HOUR,
    next_update: datetime | None = NOW + HOUR,
    nonce: bytes | None = NONCE,
    extensions: Extensions = (),
    responder: x509.Certificate | None = None,
    signer: str = "delegate",
    enclosed: bool = True,
) -> bytes:
    """An OCSP answer (DER) about the certificate SERIAL, by the delegate, whose certificate comes with it."""
    by = responder or delegate()
    named_by = algorithm or hashes.SHA1()
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            issuer_name_hash=hashlib.new(named_by.name, authority().subject.public_bytes()).digest(),
            issuer_key_hash=key_hash(named_by, issuer),
            serial_number=serial,
            algorithm=named_by,
            cert_status=status,
            this_update=this_update,
            next_update=next_update,
            revocation_time=NOW - HOUR if status is ocsp.OCSPCertStatus.REVOKED else None,
            revocation_reason=reason,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, by)
    )
    if enclosed:
        builder = builder.certificates([by])
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    key = key_of(signer)
    return builder.sign(key, signature_hash(key)).public_bytes(Encoding.DER)


def edited_answer(
    edit: Callable[[Fields], None],
    *,
    certificate: bytes | None = None,
    digest: hashes.HashAlgorithm | None = None,
    algorithm: bytes = b"",
) -> bytes:
    """The good answer, the fields of its ResponseData changed in place, signed again by the delegate.

    `certificate` stands in for the delegate's; `digest` and its algorithm identifier for SHA-256.
    """
    status, wrapped = der.parts(answer())
    kind, response = der.parts(der.parts(wrapped)[0])
    tbs, sha256, _, certificates = der.parts(der.content(response))
    fields = der.parts(tbs)
    edit(fields)
    changed = der.element(der.SEQUENCE, *fields)
    signature = rsa_key("delegate").sign(changed, padding.PKCS1v15(), digest or hashes.SHA256())
    if certificate is not None:
        certificates = der.element(0xA0, der.element(der.SEQUENCE, certificate))
    basic = der.element(der.SEQUENCE, changed, algorithm or sha256, der.bits(signature), certificates)
    again = der.element(der.SEQUENCE, kind, der.element(der.OCTET_STRING, basic))
    return der.element(der.SEQUENCE, status, der.element(0xA0, again))
