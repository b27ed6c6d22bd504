"""Proofs whose signature is not the card's over the right bytes with the right hash and padding (rule A5)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    NoDigestInfo,
    decode_dss_signature,
    encode_dss_signature,
)

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.presence import TAGS, to_be_signed
from tests.conformance import der
from tests.conformance.cases import Case
from tests.conformance.proof_builder import (
    AT,
    AUDIENCE,
    INSTITUTION,
    LIFE,
    OTHER_INSTITUTION,
    OTHER_TERMINAL,
    TERMINAL,
    Attempt,
    Card,
    CardKey,
    ProofBuilder,
    rsa_key,
    signed,
)

Sign = Callable[[CardKey, bytes], bytes]
Change = Callable[[bytes], bytes]

_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"""DigestInfo of SHA-256 but for the digest (RFC 8017 section 9.2)."""

_NO_NULL = bytes.fromhex("302f300b0609608648016503040201") + b"\x04\x20"


def _fields(challenge: str, **changes: str) -> dict[str, str]:
    right = {"audience": AUDIENCE, "institution_code": INSTITUTION, "terminal_id": str(TERMINAL)}
    return right | {"challenge": challenge} | changes


def _message(challenge: str, purpose: Purpose = Purpose.ELIGIBILITY, **changes: str) -> bytes:
    return to_be_signed(purpose, **_fields(challenge, **changes))


def _over(name: str, difference: str, message: Callable[[str], bytes]) -> Case:
    """The card signs, rightly, another message."""

    def make(w: ProofBuilder) -> Attempt:
        return w.present(message=message)

    return Case(f"signature-{name}", difference, make, "signature-invalid", "rsa-2048")


def _by(name: str, difference: str, sign: Sign) -> Case:
    """The card signs the right message in another way."""

    def make(w: ProofBuilder) -> Attempt:
        return w.present(sign=sign)

    return Case(f"signature-{name}", difference, make, "signature-invalid", "rsa-2048")


def _changed(name: str, difference: str, change: Change) -> Case:
    """The right signature arrives changed."""
    return _by(name, difference, lambda key, message: change(signed(key, message)))


def _by_p384(name: str, difference: str, sign: Callable[[ec.EllipticCurvePrivateKey, bytes], bytes]) -> Case:
    def sign_with(key: CardKey, message: bytes) -> bytes:
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return sign(key, message)

    def make(w: ProofBuilder) -> Attempt:
        return w.present(w.p384_card, sign=sign_with)

    return Case(f"signature-p384-{name}", difference, make, "signature-invalid", "p-384")


def _changed_p384(name: str, difference: str, change: Change) -> Case:
    return _by_p384(name, difference, lambda key, message: change(signed(key, message)))


def _rsa(scheme: padding.AsymmetricPadding, digest: hashes.HashAlgorithm) -> Sign:
    def sign(key: CardKey, message: bytes) -> bytes:
        assert isinstance(key, rsa.RSAPrivateKey)
        return key.sign(message, scheme, digest)

    return sign


def _bare(key: CardKey, prefix: bytes, message: bytes) -> bytes:
    """PKCS #1 v1.5 padding around `prefix` and the digest, whatever the prefix says."""
    assert isinstance(key, rsa.RSAPrivateKey)
    return key.sign(prefix + hashlib.sha256(message).digest(), padding.PKCS1v15(), NoDigestInfo())


def _raw(key: CardKey, block: bytes) -> bytes:
    """The private operation upon a block of one's own making (RFC 8017 section 5.2.1)."""
    assert isinstance(key, rsa.RSAPrivateKey)
    numbers = key.private_numbers()
    value = pow(int.from_bytes(block, "big"), numbers.d, numbers.public_numbers.n)
    return value.to_bytes(256, "big")


def _block(message: bytes, *, kind: int = 1, filler: int = 202, rest: bytes = b"") -> bytes:
    info = _DIGEST_INFO + hashlib.sha256(message).digest()
    return b"\0" + bytes([kind]) + b"\xff" * filler + b"\0" + info + rest


def _numbers(signature: bytes) -> bytes:
    r, s = decode_dss_signature(signature)
    return r.to_bytes(48, "big") + s.to_bytes(48, "big")


def _long_spelled(signature: bytes) -> bytes:
    r, s = der.parts(signature)
    return der.element(der.SEQUENCE, der.element(der.INTEGER, b"\0\0\0" + der.content(r)), s)


def _exchanged(signature: bytes) -> bytes:
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(s, r)


def _elsewhere(w: ProofBuilder) -> Attempt:
    return w.present(Card(w.other_card.key, w.card.certificate))


MESSAGES = (
    _over(
        "for-a-first-registration",
        "Over the bytes of a first registration.",
        lambda text: _message(text, Purpose.FIRST_REGISTRATION),
    ),
    _over(
        "for-a-visual-check",
        "Over the bytes of a visual check.",
        lambda text: _message(text, Purpose.VISUAL_CHECK),
    ),
    _over(
        "for-a-consent",
        "Over a consent's tag and the right digest.",
        lambda text: b"SHIKAKU consent v1\0" + _message(text)[-32:],
    ),
    _over(
        "under-a-tag-of-version-2",
        "Over a tag of version 2 and the right digest.",
        lambda text: b"SHIKAKU presence v2\0" + _message(text)[-32:],
    ),
    _over(
        "under-a-tag-without-its-end",
        "Over the tag without its last byte, and the right digest.",
        lambda text: TAGS[Purpose.ELIGIBILITY][:-1] + _message(text)[-32:],
    ),
    _over("over-the-digest-only", "Over the digest without its tag.", lambda text: _message(text)[-32:]),
    _over("over-the-tag-only", "Over the tag without its digest.", lambda text: TAGS[Purpose.ELIGIBILITY]),
    _over("over-the-challenge-only", "Over the challenge's text alone.", lambda text: text.encode()),
    _over("over-nothing", "Over the empty message.", lambda text: b""),
    _over(
        "over-a-digest-of-the-message",
        "Over the SHA-256 of the message, which is so hashed twice.",
        lambda text: hashlib.sha256(_message(text)).digest(),
    ),
    _over(
        "over-fields-without-lengths",
        "Over the tag and the digest of the fields one after another, without their lengths.",
        lambda text: (
            TAGS[Purpose.ELIGIBILITY] + hashlib.sha256("".join(_fields(text).values()).encode()).digest()
        ),
    ),
    _over("over-a-line-end-too", "Over the message and a line end.", lambda text: _message(text) + b"\n"),
    _over(
        "for-another-audience",
        "Over a message that names another fund.",
        lambda text: _message(text, audience=AUDIENCE + "-2"),
    ),
    _over(
        "for-another-facility",
        "Over a message that names another facility.",
        lambda text: _message(text, institution_code=OTHER_INSTITUTION),
    ),
    _over(
        "for-another-terminal",
        "Over a message that names another terminal.",
        lambda text: _message(text, terminal_id=str(OTHER_TERMINAL)),
    ),
    _over(
        "for-a-terminal-in-capitals",
        "Over a message that spells the terminal's id in capitals.",
        lambda text: _message(text, terminal_id=str(TERMINAL).upper()),
    ),
    Case(
        "signature-for-another-challenge",
        "Over another good challenge of the same terminal.",
        lambda w: w.present(
            message=lambda _: _message(w.issued_challenge(expires_at=AT + LIFE + timedelta(seconds=1)))
        ),
        "signature-invalid",
        "rsa-2048",
    ),
)

SCHEMES = (
    Case(
        "signature-by-another-card",
        "By another good card than the certificate's.",
        _elsewhere,
        "signature-invalid",
        "rsa-2048",
    ),
    Case(
        "signature-by-another-kind-of-key",
        "By a P-384 card, under the certificate of an RSA card.",
        lambda w: w.present(Card(w.p384_card.key, w.card.certificate)),
        "signature-invalid",
        "rsa-2048",
    ),
    _by(
        "in-pss",
        "RSASSA-PSS with SHA-256, not PKCS #1 v1.5.",
        _rsa(padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()),
    ),
    _by("with-sha-1", "With SHA-1.", _rsa(padding.PKCS1v15(), hashes.SHA1())),
    _by("with-sha-384", "With SHA-384.", _rsa(padding.PKCS1v15(), hashes.SHA384())),
    _by("with-sha-512", "With SHA-512.", _rsa(padding.PKCS1v15(), hashes.SHA512())),
    _by("with-sha3-256", "With SHA3-256.", _rsa(padding.PKCS1v15(), hashes.SHA3_256())),
    _by(
        "without-digest-info",
        "The padding holds the bare digest.",
        lambda key, message: _bare(key, b"", message),
    ),
    _by(
        "without-parameters",
        "The DigestInfo leaves out the algorithm's NULL.",
        lambda key, message: _bare(key, _NO_NULL, message),
    ),
    _by(
        "with-a-short-filler",
        "The padding is short and bytes of the signer's choice follow the digest (Bleichenbacher 2006).",
        lambda key, message: _raw(key, _block(message, filler=8, rest=b"\x5a" * 194)),
    ),
    _by(
        "with-the-padding-of-encryption",
        "The block is of type 2, that of encryption.",
        lambda key, message: _raw(key, _block(message, kind=2)),
    ),
    _by(
        "without-padding",
        "The digest alone, without any padding.",
        lambda key, message: _raw(key, hashlib.sha256(message).digest()),
    ),
)

CHANGES = (
    _changed("empty", "No signature at all.", lambda _: b""),
    _changed("of-zeros", "Zero bytes of a signature's length.", lambda data: bytes(len(data))),
    _changed("of-ones", "A number above the modulus.", lambda data: b"\xff" * len(data)),
    _changed("of-the-number-1", "The number 1.", lambda data: bytes(len(data) - 1) + b"\1"),
    _changed("with-a-flipped-bit", "The lowest bit is flipped.", lambda data: data[:-1] + bytes([data[-1] ^ 1])),
    _changed("a-byte-short", "The last byte is missing.", lambda data: data[:-1]),
    _changed("a-byte-long", "A zero byte follows.", lambda data: data + b"\0"),
    _changed("with-a-zero-before", "A zero byte precedes it.", lambda data: b"\0" + data),
    _changed("backwards", "The bytes stand in the other order.", lambda data: data[::-1]),
    _changed("in-base64", "In base64, once more than the wire asks for.", base64.b64encode),
)  # fmt: skip

P384 = (
    _by_p384("with-sha-256", "ECDSA with SHA-256.", lambda key, message: key.sign(message, ec.ECDSA(hashes.SHA256()))),
    _by_p384("with-sha-512", "ECDSA with SHA-512.", lambda key, message: key.sign(message, ec.ECDSA(hashes.SHA512()))),
    _by_p384(
        "by-another-key",
        "By another key on the same curve.",
        lambda key, message: signed(ec.generate_private_key(key.curve), message),
    ),
    _by_p384("by-an-rsa-key", "By an RSA card, under the certificate of a P-384 card.", lambda _, message: signed(rsa_key(), message)),
    _changed_p384("as-two-numbers", "The two numbers one after the other, not in DER.", _numbers),
    _changed_p384("exchanged", "The two numbers in the other order.", _exchanged),
    _changed_p384("long-spelled", "BER: the first number has zero bytes too many.", _long_spelled),
    _changed_p384("of-zeros", "Both numbers are 0.", lambda _: encode_dss_signature(0, 0)),
    _changed_p384("of-the-number-1", "Both numbers are 1.", lambda _: encode_dss_signature(1, 1)),
    _changed_p384("a-byte-long", "A zero byte follows.", lambda data: data + b"\0"),
    _changed_p384("a-byte-short", "The last byte is missing.", lambda data: data[:-1]),
    _changed_p384("empty", "No signature at all.", lambda _: b""),
)  # fmt: skip

CASES = (*MESSAGES, *SCHEMES, *CHANGES, *P384)
