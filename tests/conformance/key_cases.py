"""Proofs whose certificate, issued by a trusted authority, has an unacceptable key (rule A3); that key signs."""

from __future__ import annotations

from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519

from tests.conformance import der
from tests.conformance.cases import Case
from tests.conformance.forgery import PUBLIC_KEY, edited, key_under, replaced, rsa_key_of, spki
from tests.conformance.proof_builder import Attempt, CardKey, ProofBuilder, rsa_key

_PSS = x509.ObjectIdentifier("1.2.840.113549.1.1.10")
_OAEP = x509.ObjectIdentifier("1.2.840.113549.1.1.7")
_EC = x509.ObjectIdentifier("1.2.840.10045.2.1")
_NOWHERE = x509.ObjectIdentifier("2.25.2")
_P384 = bytes.fromhex("06052b81040022")


def _key(name: str, what: str, expected: str, new: Callable[[], CardKey]) -> Case:
    def make(w: ProofBuilder) -> Attempt:
        return w.present(w.issued(new()))

    return Case(f"key-{name}", f"The certificate's key is {what}.", make, expected, "rsa-2048")


def _encoded(
    name: str,
    difference: str,
    expected: str,
    encode: Callable[[CardKey], bytes],
    new: Callable[[], CardKey] = rsa_key,
) -> Case:
    """A valid key with a different encoding or algorithm in the certificate."""

    def make(w: ProofBuilder) -> Attempt:
        key = new()
        return w.present(edited(w.issued(key), w.authority, replaced(PUBLIC_KEY, encode(key))))

    of = "rsa-2048" if new is rsa_key else "p-384"
    return Case(f"key-{name}", difference, make, expected, of)


def _curve(name: str, curve: Callable[[], ec.EllipticCurve]) -> Case:
    return _key(
        name, f"on the curve {name}", "certificate-key-type", lambda: ec.generate_private_key(curve())
    )


def _p384() -> CardKey:
    return ec.generate_private_key(ec.SECP384R1())


def _off_the_curve(key: CardKey) -> bytes:
    data = bytearray(spki(key))
    data[-1] ^= 1
    return bytes(data)


def _with_exponent(exponent: int) -> Callable[[CardKey], bytes]:
    def encode(key: CardKey) -> bytes:
        assert not isinstance(
            key, ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey
        )
        return rsa_key_of(key, exponent)

    return encode


CASES = (
    _key("rsa-1024", "RSA of 1024 bits", "certificate-key-too-weak", lambda: rsa_key(1024)),
    _key("rsa-2047", "RSA of 2047 bits", "certificate-key-too-weak", lambda: rsa_key(2047)),
    _key("rsa-4104", "RSA of 4104 bits", "certificate-key-too-large", lambda: rsa_key(4104)),
    _key(
        "with-exponent-3",
        "RSA with public exponent 3",
        "certificate-exponent",
        lambda: rsa_key(exponent=3),
    ),
    _curve("P-256", ec.SECP256R1),
    _curve("P-521", ec.SECP521R1),
    _curve("secp256k1", ec.SECP256K1),
    _curve("brainpoolP384r1", ec.BrainpoolP384R1),
    _key("Ed25519", "Ed25519", "certificate-key-type", ed25519.Ed25519PrivateKey.generate),
    _key("Ed448", "Ed448", "certificate-key-type", ed448.Ed448PrivateKey.generate),
    _encoded(
        "bound-to-pss",
        "The RSA key is bound to RSASSA-PSS, and signs in PKCS #1 v1.5 all the same.",
        "certificate-key-type",
        lambda key: key_under(_PSS, key),
    ),
    _encoded(
        "for-encryption",
        "The RSA key is one for RSAES-OAEP.",
        "certificate-key-type",
        lambda key: key_under(_OAEP, key, der.NULL),
    ),
    _encoded(
        "of-an-unknown-algorithm",
        "The key's algorithm is one that nobody knows.",
        "certificate-key-type",
        lambda key: key_under(_NOWHERE, key),
    ),
    _encoded(
        "on-an-unknown-curve",
        "The key's curve is one that nobody knows.",
        "certificate-key-type",
        lambda key: key_under(_EC, key, der.element(der.OBJECT_ID, b"\x69\x02")),
        _p384,
    ),
    _encoded(
        "on-a-spelled-out-curve",
        "The key's curve is spelled out in parameters, not named.",
        "certificate-malformed",
        lambda key: key_under(_EC, key, der.element(der.SEQUENCE, der.integer(1))),
        _p384,
    ),
    _encoded(
        "off-the-curve", "The key is no point of its curve.", "certificate-malformed", _off_the_curve, _p384
    ),
    _encoded(
        "that-says-ec-and-is-rsa",
        "An RSA key under the name of the curve P-384.",
        "certificate-malformed",
        lambda key: key_under(_EC, key, _P384),
    ),
    _encoded(
        "with-exponent-1",
        "The RSA key's public exponent is said to be 1.",
        "certificate-malformed",
        _with_exponent(1),
    ),
    _encoded(
        "with-an-even-exponent",
        "The RSA key's public exponent is said to be 65536.",
        "certificate-malformed",
        _with_exponent(65536),
    ),
    _encoded(
        "with-a-huge-exponent",
        "The RSA key's public exponent is said to have 65 bits.",
        "certificate-exponent",
        _with_exponent(2**64 + 1),
    ),
)
