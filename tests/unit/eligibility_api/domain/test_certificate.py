"""Certificates and signatures: only valid ones are accepted, and no input can do more than be rejected.

The table of invalid certificates is `tests/conformance`; here are the properties.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.certificate import (
    MAX_CERTIFICATE_BYTES,
    CertificateId,
    PublicKey,
    TrustStore,
    UserCertificate,
    accept,
    check_period,
    check_signature,
)
from tests.conformance.proofs import Collection, PresentedProof

COLLECTION = Collection.load()
TRUST = COLLECTION.environment.trust_store()
RSA, P384 = (COLLECTION.good_one(name).certificate for name in ("rsa-2048", "p-384"))
CERTIFICATES = {"rsa": RSA, "p384": P384}
START, END = datetime(2025, 4, 1, tzinfo=UTC), datetime(2030, 4, 1, 14, 59, 59, tzinfo=UTC)

# A flipped bit can make a serial number negative.
pytestmark = pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")


def refusal_of(der: bytes, trust: TrustStore = TRUST) -> str:
    with pytest.raises(ShikakuError) as refusal:
        accept(der, trust)
    return refusal.value.code


@pytest.mark.slow
@pytest.mark.parametrize("kind", CERTIFICATES)
def test_every_flipped_bit_of_a_valid_certificate_is_rejected(kind: str) -> None:
    """Rule A2."""
    good = CERTIFICATES[kind]
    for place in range(len(good) * 8):
        flipped = bytearray(good)
        flipped[place // 8] ^= 1 << place % 8
        assert refusal_of(bytes(flipped)).startswith("certificate-")


@given(st.binary(max_size=MAX_CERTIFICATE_BYTES + 1))
def test_arbitrary_bytes_are_rejected(der: bytes) -> None:
    """Rule A2."""
    assert refusal_of(der) in {"certificate-malformed", "certificate-too-large"}


@given(
    st.sampled_from(sorted(CERTIFICATES)),
    st.integers(0, 2000),
    st.integers(0, 40),
    st.binary(max_size=40),
)
def test_every_splice_of_a_valid_certificate_is_rejected(
    kind: str, place: int, gone: int, instead: bytes
) -> None:
    """Rule A2."""
    good = CERTIFICATES[kind]
    spliced = good[:place] + instead + good[place + gone :]
    if spliced != good:
        assert refusal_of(spliced).startswith("certificate-")


@pytest.mark.parametrize("proof", COLLECTION.good, ids=lambda proof: proof.name)
def test_a_certificate_is_identified_by_issuer_key_and_serial_number(
    proof: PresentedProof,
) -> None:
    """Rule A2."""
    certificate = accept(proof.certificate, TRUST)
    ca = TRUST.authentication[certificate.id.authority]
    spki = ca.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert certificate.id.authority == hashlib.sha256(spki).digest()
    assert certificate.id.serial > 0


def test_an_empty_trust_store_rejects_every_issuer() -> None:
    """Rule A2."""
    assert refusal_of(RSA, TrustStore([])) == "certificate-other-authority"


def test_a_certificate_of_a_signature_authority_is_the_wrong_kind() -> None:
    """Rule A2."""
    assert refusal_of(RSA, TrustStore([], TRUST.authentication.values())) == "certificate-wrong-kind"


def test_the_issuer_is_checked_before_the_profile() -> None:
    """Rules A2, A3."""
    weak = next(proof for proof in COLLECTION.bad if proof.expected == "certificate-key-too-weak")
    assert refusal_of(weak.certificate) == "certificate-key-too-weak"
    assert refusal_of(weak.certificate, TrustStore([])) == "certificate-other-authority"


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (START - timedelta(microseconds=1), "certificate-not-yet-valid"),
        (START - timedelta(days=365), "certificate-not-yet-valid"),
        (START, None),
        (START + timedelta(days=365), None),
        (END, None),
        (END + timedelta(microseconds=1), "certificate-expired"),
        (END + timedelta(days=365), "certificate-expired"),
    ],
)
def test_both_ends_of_the_validity_period_are_included(now: datetime, code: str | None) -> None:
    """Rule A4."""
    key = ec.generate_private_key(ec.SECP384R1()).public_key()
    certificate = UserCertificate(CertificateId(bytes(32), 1), key, START, END)
    if code is None:
        check_period(certificate, now)
        return
    with pytest.raises(ShikakuError) as refusal:
        check_period(certificate, now)
    assert refusal.value.code == code


@given(st.integers(1, 2**160))
def test_a_serial_number_is_stored_without_leading_zeros(serial: int) -> None:
    stored = CertificateId(bytes(32), serial).serial_bytes
    assert int.from_bytes(stored, "big") == serial
    assert stored[0] != 0


@pytest.mark.parametrize(
    ("serial", "stored"),
    [(0, b"\0"), (1, b"\1"), (0xFF, b"\xff"), (0x100, b"\1\0"), (2**63, b"\x80" + bytes(7))],
)
def test_a_serial_number_is_stored_big_endian(serial: int, stored: bytes) -> None:
    assert CertificateId(bytes(32), serial).serial_bytes == stored


MESSAGE = b"SHIKAKU presence v1\0" + bytes(32)
KINDS = ("rsa", "p384")
_P384_ORDER = int(
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16
)


@cache
def signed(kind: str) -> tuple[PublicKey, bytes]:
    """A key, and its good signature over MESSAGE."""
    if kind == "rsa":
        rsa_key = rsa.generate_private_key(65537, 2048)
        return rsa_key.public_key(), rsa_key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    ec_key = ec.generate_private_key(ec.SECP384R1())
    return ec_key.public_key(), ec_key.sign(MESSAGE, ec.ECDSA(hashes.SHA384()))


def is_refused(kind: str, signature: bytes, message: bytes = MESSAGE) -> bool:
    with pytest.raises(ShikakuError) as refusal:
        check_signature(signed(kind)[0], signature, message)
    return refusal.value.code == "signature-invalid"


@pytest.mark.parametrize("kind", KINDS)
def test_a_valid_signature_is_accepted(kind: str) -> None:
    """Rule A5."""
    key, signature = signed(kind)
    check_signature(key, signature, MESSAGE)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_flipped_bit_of_a_signature_is_rejected(kind: str) -> None:
    """Rule A5."""
    _, signature = signed(kind)
    for place in range(len(signature) * 8):
        flipped = bytearray(signature)
        flipped[place // 8] ^= 1 << place % 8
        assert is_refused(kind, bytes(flipped))


@pytest.mark.parametrize("kind", KINDS)
def test_every_flipped_bit_of_the_message_is_rejected(kind: str) -> None:
    """Rule A5."""
    _, signature = signed(kind)
    for place in range(len(MESSAGE) * 8):
        flipped = bytearray(MESSAGE)
        flipped[place // 8] ^= 1 << place % 8
        assert is_refused(kind, signature, bytes(flipped))


@given(st.sampled_from(KINDS), st.binary(max_size=600))
def test_arbitrary_bytes_are_rejected_as_a_signature(kind: str, signature: bytes) -> None:
    """Rule A5."""
    assert is_refused(kind, signature)


@given(st.sampled_from(KINDS), st.binary(max_size=100))
def test_a_signature_is_rejected_for_another_message(kind: str, message: bytes) -> None:
    """Rule A5."""
    if message != MESSAGE:
        assert is_refused(kind, signed(kind)[1], message)


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_is_rejected_under_another_key(kind: str) -> None:
    """Rule A5."""
    other = KINDS[1 - KINDS.index(kind)]
    assert is_refused(other, signed(kind)[1])


def test_the_mirrored_ecdsa_signature_is_accepted() -> None:
    """Rule A5."""
    # It needs no key to make one from the other. Harmless: a challenge is spent by its own id, not by its signature.
    key, signature = signed("p384")
    r, s = decode_dss_signature(signature)
    check_signature(key, encode_dss_signature(r, _P384_ORDER - s), MESSAGE)
