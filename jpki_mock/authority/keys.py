"""Generation, fingerprints and files of keys."""

import hashlib
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from jpki_mock.files import write_file

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class KeyProfile(StrEnum):
    """The algorithm of a key."""

    RSA = "rsa"
    """RSA-2048, exponent 65537: today's cards."""
    P384 = "p384"
    """ECDSA on P-384: the planned next card generation."""
    P256 = "p256"
    """ECDSA on P-256: terminals and their authority."""


KeyMaker = Callable[[KeyProfile], PrivateKey]
"""Generates a private key; tests and load generators inject one with pre-generated keys."""


def make_key(profile: KeyProfile) -> PrivateKey:
    """Generate a new private key."""
    if profile is KeyProfile.RSA:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP384R1() if profile is KeyProfile.P384 else ec.SECP256R1())


def signature_hash(key: PrivateKey) -> hashes.SHA256 | hashes.SHA384:
    """Return the hash with which a key signs certificates: SHA-384 for P-384, else SHA-256."""
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP384R1):
        return hashes.SHA384()
    return hashes.SHA256()


def sign(key: PrivateKey, data: bytes) -> bytes:
    """Return the signature of `data` as in certificates: PKCS #1 v1.5 or ECDSA, with `signature_hash`."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(signature_hash(key)))
    return key.sign(data, padding.PKCS1v15(), signature_hash(key))


def public_key_der(key: PublicKey) -> bytes:
    """Return the SubjectPublicKeyInfo of a public key (DER)."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def key_sha256(key: PublicKey) -> str:
    """Return the hex SHA-256 of a public key's SubjectPublicKeyInfo."""
    return hashlib.sha256(public_key_der(key)).hexdigest()


def private_key_pem(key: PrivateKey) -> bytes:
    """Return a private key as unencrypted PKCS #8 (PEM)."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def save_key(path: Path, key: PrivateKey) -> None:
    """Save a private key to a file that only its owner can read."""
    write_file(path, private_key_pem(key))


def load_key(path: Path) -> PrivateKey:
    """Read a private key that `save_key` wrote. Raises OSError."""
    return read_key(path.read_bytes())


def read_key(pem: bytes) -> PrivateKey:
    """Read a private key that `private_key_pem` wrote. Raises ValueError, and TypeError for another algorithm."""
    # It was written by this program: validating the primes would take most of a command's time.
    key = serialization.load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, PrivateKey):
        raise TypeError("The key file has a key of another algorithm.")
    return key
