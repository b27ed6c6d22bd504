"""Proofs whose certificate is not exactly one DER-encoded X.509 version 3 certificate, or is too large (rule A2)."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import ExtensionOID

from eligibility_api.domain.certificate import MAX_CERTIFICATE_BYTES
from tests.conformance import der
from tests.conformance.cases import Case, Make
from tests.conformance.forgery import (
    EXTENSIONS,
    PUBLIC_KEY,
    SERIAL,
    VALIDITY,
    VERSION,
    Edit,
    Fields,
    edited,
    extension,
    replaced,
    spki,
    twice,
    with_extension,
)
from tests.conformance.good_cases import filled
from tests.conformance.proof_builder import Attempt, Card, ProofBuilder

_MEGABYTE = 1024 * 1024
_ALTERNATIVE = ExtensionOID.SUBJECT_ALTERNATIVE_NAME
_YEAR_0 = der.element(
    der.SEQUENCE,
    der.element(der.GENERALIZED_TIME, b"00000101000000Z"),
    der.element(der.UTC_TIME, b"300101000000Z"),
)
_FEBRUARY_30 = der.element(
    der.SEQUENCE, der.element(der.UTC_TIME, b"250230000000Z"), der.element(der.UTC_TIME, b"300101000000Z")
)


def _malformed(name: str, difference: str, make: Make) -> Case:
    return Case(f"certificate-{name}", difference, make, "certificate-malformed", "rsa-2048")


def _instead(name: str, difference: str, change: Callable[[bytes], bytes]) -> Case:
    """Other bytes stand for the certificate's."""

    def make(w: ProofBuilder) -> Attempt:
        return w.present(Card(w.card.key, change(w.card.certificate)))

    return _malformed(name, difference, make)


def _signed(name: str, difference: str, edit: Edit) -> Case:
    """The trusted authority itself signed what is malformed."""

    def make(w: ProofBuilder) -> Attempt:
        return w.present(edited(w.card, w.authority, edit))

    return _malformed(name, difference, make)


def _indefinite(certificate: bytes) -> bytes:
    return b"\x30\x80" + der.content(certificate) + b"\0\0"


def _long_length(certificate: bytes) -> bytes:
    content = der.content(certificate)
    return b"\x30\x83" + len(content).to_bytes(3, "big") + content


def _pem(certificate: bytes) -> bytes:
    return x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM)


def _bundle(certificate: bytes) -> bytes:
    return pkcs7.serialize_certificates([x509.load_der_x509_certificate(certificate)], Encoding.DER)


def _request(w: ProofBuilder) -> Attempt:
    key = w.card.key
    assert isinstance(key, rsa.RSAPrivateKey)
    request = (
        x509.CertificateSigningRequestBuilder().subject_name(w.pattern.subject).sign(key, hashes.SHA256())
    )
    return w.present(Card(key, request.public_bytes(Encoding.DER)))


def _with_unused_bits(w: ProofBuilder) -> Attempt:
    """CommandResult to have one unused bit, which must be zero: every second signature ends so."""
    for serial in range(1, 1000):
        card = w.issued(w.card.key, serial=serial)
        tbs, algorithm, signature = der.parts(card.certificate)
        if signature[-1] & 1 == 0:
            respelled = der.element(der.BIT_STRING, b"\1", der.content(signature)[1:])
            return w.present(Card(card.key, der.element(der.SEQUENCE, tbs, algorithm, respelled)))
    raise AssertionError("no signature of an authority ends in a zero bit")


def _without_version(fields: Fields) -> None:
    del fields[VERSION]


def _without_serial(fields: Fields) -> None:
    del fields[SERIAL]


def _too_large(name: str, difference: str, make: Make, over_http: str | None = None) -> Case:
    return Case(
        f"certificate-{name}", difference, make, "certificate-too-large", "largest-certificate", over_http
    )


OTHER_BYTES = (
    _instead("empty", "No certificate at all.", lambda _: b""),
    _instead("a-byte-short", "The certificate's last byte is missing.", lambda data: data[:-1]),
    _instead("half", "The second half of the certificate is missing.", lambda data: data[: len(data) // 2]),
    _instead("header-only", "Only the certificate's first four bytes.", lambda data: data[:4]),
    _instead("of-random-bytes", "Random bytes of a certificate's length.", lambda data: secrets.token_bytes(len(data))),
    _instead("of-zeros", "Zero bytes of a certificate's length.", lambda data: bytes(len(data))),
    _instead("and-a-zero-byte", "A zero byte follows the certificate.", lambda data: data + b"\0"),
    _instead("twice", "The certificate follows itself.", lambda data: data * 2),
    _instead("in-pem", "The certificate in PEM.", _pem),
    _instead("in-base64", "The certificate in base64, once more than the wire asks for.", base64.b64encode),
    _instead("of-indefinite-length", "BER: the outer length is indefinite.", _indefinite),
    _instead("with-a-long-length", "BER: the outer length takes a byte more than needed.", _long_length),
    _instead("in-pkcs-7", "The certificate inside a PKCS #7 bundle.", _bundle),
    _instead("content-only", "The to-be-signed part without its signature.", lambda data: der.parts(data)[0]),
    _malformed("request-instead", "A certificate signing request by the same key.", _request),
    _malformed(
        "key-instead", "The bare public key.", lambda w: w.present(Card(w.card.key, spki(w.card.key)))
    ),
    _malformed(
        "with-unused-bits",
        "The authority's signature, good as it is, is said to have an unused bit.",
        _with_unused_bits,
    ),
)  # fmt: skip

BY_THE_AUTHORITY = (
    _signed("with-serial-0", "The serial number is 0.", replaced(SERIAL, der.integer(0))),
    _signed("with-negative-serial", "The serial number is negative.", replaced(SERIAL, der.integer(-4711))),
    _signed(
        "with-long-spelled-serial",
        "BER: the serial number has a zero byte too many.",
        replaced(SERIAL, der.element(der.INTEGER, b"\0\x12\x34")),
    ),
    _signed("without-serial", "There is no serial number.", _without_serial),
    _signed("of-version-1", "Version 1, which has no extensions, with extensions.", _without_version),
    _signed(
        "of-version-2",
        "Version 2, which has no extensions, with extensions.",
        replaced(VERSION, der.element(0xA0, der.integer(1))),
    ),
    _signed(
        "of-version-4",
        "Version 4, which does not exist.",
        replaced(VERSION, der.element(0xA0, der.integer(3))),
    ),
    _signed("of-the-year-0", "The period begins in the year 0.", replaced(VALIDITY, _YEAR_0)),
    _signed("of-february-30", "The period begins on 30 February.", replaced(VALIDITY, _FEBRUARY_30)),
    _signed("with-key-usage-twice", "The key usage is there twice.", twice(ExtensionOID.KEY_USAGE)),
    _signed("with-policies-twice", "The policies are there twice.", twice(ExtensionOID.CERTIFICATE_POLICIES)),
    _signed(
        "with-unreadable-key-usage",
        "The key usage holds NULL.",
        with_extension(ExtensionOID.KEY_USAGE, extension(ExtensionOID.KEY_USAGE, der.NULL, b"\xff")),
    ),
    _signed(
        "with-false-spelled-out",
        "DER leaves out what is the default: an extension says that it is not critical.",
        with_extension(_ALTERNATIVE, extension(_ALTERNATIVE, der.element(der.SEQUENCE), b"\0")),
    ),
    _signed(
        "with-an-x400-name",
        "An alternative name is of a form (X.400) that common libraries do not read.",
        with_extension(_ALTERNATIVE, extension(_ALTERNATIVE, der.element(der.SEQUENCE, der.element(0xA3)))),
    ),
    _signed(
        "with-an-unreadable-extension",
        "The alternative name is no DER.",
        with_extension(_ALTERNATIVE, extension(_ALTERNATIVE, b"\xff\xff")),
    ),
    _signed(
        "with-an-unreadable-key",
        "Where the key should be, there is an empty sequence.",
        replaced(PUBLIC_KEY, der.element(der.SEQUENCE)),
    ),
    _signed(
        "with-empty-extensions",
        "Where the extensions should be, there is NULL.",
        replaced(EXTENSIONS, der.element(0xA3, der.NULL)),
    ),
)

TOO_LARGE = (
    _too_large(
        "a-byte-too-large",
        f"The certificate, good in all else, has {MAX_CERTIFICATE_BYTES + 1} bytes.",
        lambda w: w.present(filled(w, MAX_CERTIFICATE_BYTES + 1)),
    ),
    _too_large(
        "padded-nearly-to-the-border",
        "Some 30 kB of zeros follow the certificate.",
        lambda w: replace(w.present(), certificate_padding=30_000),
    ),
    _too_large(
        "padded-to-a-megabyte",
        "A megabyte of zeros follows the certificate.",
        lambda w: replace(w.present(), certificate_padding=_MEGABYTE),
        "request-too-large",
    ),
)

CASES = (*OTHER_BYTES, *BY_THE_AUTHORITY, *TOO_LARGE)
