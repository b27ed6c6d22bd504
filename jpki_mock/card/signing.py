"""COMPUTE DIGITAL SIGNATURE: the modes of P1, for RSA and P-384 keys.

`commands.py` decides whether the key may be used.
"""

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo, Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from jpki_mock.card import status
from jpki_mock.card.files import CardKey
from jpki_mock.card.status import Refused

AS_IS = 0x00
"""The input is used unchanged: a DigestInfo to pad (RSA), a digest (P-384)."""
DIGEST = 0x02
"""The input is a digest; the card adds the DigestInfo."""
MESSAGE = 0x03
"""The input is a message; the card hashes it and adds the DigestInfo."""


def sign(key: CardKey, mode: int, data: bytes) -> bytes:
    """Return the signature: PKCS #1 v1.5 (RFC 8017, 8.2) with an RSA key, DER-encoded ECDSA with a P-384 key.

    The hash is SHA-256 with RSA and SHA-384 with P-384. The input of a P-384 card is an assumption: the
    interface of the next generation is not public.

    Raises:
        Refused: 6A86 for another mode, 6985 for an input that does not fit the mode.
    """
    if mode not in (AS_IS, DIGEST, MESSAGE):
        raise Refused(status.WRONG_PARAMETERS)
    try:
        return _sign_rsa(key, mode, data) if isinstance(key, RSAPrivateKey) else _sign_ecdsa(key, mode, data)
    except ValueError as error:  # a digest of another length than the hash's
        raise Refused(status.CONDITIONS_NOT_SATISFIED) from error


def _sign_rsa(key: RSAPrivateKey, mode: int, data: bytes) -> bytes:
    if mode == AS_IS:
        return key.sign(data, PKCS1v15(), NoDigestInfo())
    return key.sign(data, PKCS1v15(), SHA256() if mode == MESSAGE else Prehashed(SHA256()))


def _sign_ecdsa(key: EllipticCurvePrivateKey, mode: int, data: bytes) -> bytes:
    return key.sign(data, ECDSA(SHA384() if mode == MESSAGE else Prehashed(SHA384())))


def corrupted(signature: bytes) -> bytes:
    """Return a signature of the same form that does not verify."""
    return signature[:-1] + bytes([signature[-1] ^ 0x01])
