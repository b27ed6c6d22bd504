"""Certificates that no builder would produce: a valid one is decomposed, changed, and signed again."""

from __future__ import annotations

from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.conformance import der
from tests.conformance.proof_builder import Card, CardKey, Issuer

VERSION, SERIAL, ALGORITHM, ISSUER, VALIDITY, SUBJECT, PUBLIC_KEY, EXTENSIONS = 0, 1, 2, 3, 4, 5, 6, -1
"""Indices of the fields in a TBSCertificate (RFC 5280 section 4.1)."""

Fields = list[bytes]
Edit = Callable[[Fields], None]


def assembled(tbs: bytes, algorithm: bytes, signature: bytes) -> bytes:
    """A certificate of these parts."""
    return der.element(der.SEQUENCE, tbs, algorithm, der.bits(signature))


def edited(
    card: Card, issuer: Issuer, edit: Edit, *, digest: hashes.HashAlgorithm | None = None, outer: bytes = b""
) -> Card:
    """The card with its certificate's fields changed by `edit` in place, signed again by `issuer`.

    `outer` is the outer algorithm identifier if it differs from the card's certificate.
    """
    tbs, algorithm, _ = der.parts(card.certificate)
    fields = der.parts(tbs)
    edit(fields)
    changed = der.element(der.SEQUENCE, *fields)
    signature = issuer.key.sign(changed, padding.PKCS1v15(), digest or hashes.SHA256())
    return Card(card.key, assembled(changed, outer or algorithm, signature))


def tampered(card: Card, edit: Edit) -> Card:
    """The same, but under the former signature."""
    tbs, algorithm, signature = der.parts(card.certificate)
    fields = der.parts(tbs)
    edit(fields)
    return Card(card.key, der.element(der.SEQUENCE, der.element(der.SEQUENCE, *fields), algorithm, signature))


def replaced(place: int, value: bytes) -> Edit:
    """An edit that puts `value` in place of a field."""

    def edit(fields: Fields) -> None:
        fields[place] = value

    return edit


def extension(oid: x509.ObjectIdentifier, value: bytes, critical: bytes | None = None) -> bytes:
    """An Extension; `critical` is the content of its BOOLEAN, None where it is left out."""
    flag = () if critical is None else (der.element(der.BOOLEAN, critical),)
    return der.element(der.SEQUENCE, _oid(oid), *flag, der.element(der.OCTET_STRING, value))


def _oid(oid: x509.ObjectIdentifier) -> bytes:
    # A policy of this identifier holds it as the only element of its only element.
    policies = x509.CertificatePolicies([x509.PolicyInformation(oid, None)]).public_bytes()
    return der.parts(der.parts(policies)[0])[0]


def with_extension(oid: x509.ObjectIdentifier, *instead: bytes) -> Edit:
    """An edit that takes the extension `oid` away and adds `instead`."""

    def edit(fields: Fields) -> None:
        kept = [
            item for item in der.parts(der.content(fields[EXTENSIONS])) if der.parts(item)[0] != _oid(oid)
        ]
        fields[EXTENSIONS] = der.element(0xA3, der.element(der.SEQUENCE, *kept, *instead))

    return edit


def twice(oid: x509.ObjectIdentifier) -> Edit:
    """An edit that says the extension `oid` twice."""

    def edit(fields: Fields) -> None:
        every = der.parts(der.content(fields[EXTENSIONS]))
        again = [item for item in every if der.parts(item)[0] == _oid(oid)]
        fields[EXTENSIONS] = der.element(0xA3, der.element(der.SEQUENCE, *every, *again))

    return edit


def spki(key: CardKey) -> bytes:
    """A key's SubjectPublicKeyInfo."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_under(algorithm: x509.ObjectIdentifier, key: CardKey, *parameters: bytes) -> bytes:
    """The SubjectPublicKeyInfo of `key` under another algorithm identifier."""
    identifier = der.element(der.SEQUENCE, _oid(algorithm), *parameters)
    return der.element(der.SEQUENCE, identifier, der.parts(spki(key))[1])


def rsa_key_of(key: rsa.RSAPrivateKey, exponent: int) -> bytes:
    """The SubjectPublicKeyInfo of an RSA key, the exponent being said another."""
    identifier = der.parts(spki(key))[0]
    modulus = key.public_key().public_numbers().n
    numbers = der.element(der.SEQUENCE, der.integer(modulus), der.integer(exponent))
    return der.element(der.SEQUENCE, identifier, der.bits(numbers))
