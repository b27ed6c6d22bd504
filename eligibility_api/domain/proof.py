"""Whether a card's signature proves presence."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.certificate import PublicKey


def check_signature(key: PublicKey, signature: bytes, message: bytes) -> None:
    """Raises `signature-invalid` unless `signature` is `key`'s over `message`, with the hash that the key asks for.

    RSA: RSASSA-PKCS1-v1_5 with SHA-256, nothing else. P-384: ECDSA with SHA-384, DER.
    """
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        else:
            key.verify(signature, message, ec.ECDSA(hashes.SHA384()))
    except InvalidSignature:
        raise ShikakuError("signature-invalid") from None
