"""Certificates: nothing but a good one is accepted, and nothing that is sent can do more than be refused.

The table of what makes a certificate bad is `tests/conformance`; here are the properties.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.certificate import (
    MAX_CERTIFICATE_BYTES,
    CertificateId,
    TrustStore,
    UserCertificate,
    accept,
    check_period,
)
from tests.conformance.proofs import Collection, Presented

COLLECTION = Collection.load()
TRUST = COLLECTION.surroundings.trust_store()
RSA, P384 = (COLLECTION.good_one(name).certificate for name in ("rsa-2048", "p-384"))
CERTIFICATES = {"rsa": RSA, "p384": P384}
START, END = datetime(2025, 4, 1, tzinfo=UTC), datetime(2030, 4, 1, 14, 59, 59, tzinfo=UTC)

# A flipped bit can make a serial number negative.
pytestmark = pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")


def refusal_of(der: bytes, trust: TrustStore = TRUST) -> str:
    with pytest.raises(ShikakuError) as refusal:
        accept(der, trust)
    return refusal.value.code


@pytest.mark.parametrize("kind", CERTIFICATES)
def test_no_bit_of_a_good_certificate_can_be_flipped(kind: str) -> None:
    good = CERTIFICATES[kind]
    for place in range(len(good) * 8):
        flipped = bytearray(good)
        flipped[place // 8] ^= 1 << place % 8
        assert refusal_of(bytes(flipped)).startswith("certificate-")


@given(st.binary(max_size=MAX_CERTIFICATE_BYTES + 1))
def test_any_bytes_are_refused(der: bytes) -> None:
    assert refusal_of(der) in {"certificate-malformed", "certificate-too-large"}


@given(
    st.sampled_from(sorted(CERTIFICATES)),
    st.integers(0, 2000),
    st.integers(0, 40),
    st.binary(max_size=40),
)
def test_any_splice_of_a_good_certificate_is_refused(
    kind: str, place: int, gone: int, instead: bytes
) -> None:
    good = CERTIFICATES[kind]
    spliced = good[:place] + instead + good[place + gone :]
    if spliced != good:
        assert refusal_of(spliced).startswith("certificate-")


@pytest.mark.parametrize("proof", COLLECTION.good, ids=lambda proof: proof.name)
def test_a_good_certificate_is_known_by_its_authoritys_key_and_its_serial_number(
    proof: Presented,
) -> None:
    certificate = accept(proof.certificate, TRUST)
    ca = TRUST.authentication[certificate.id.authority]
    spki = ca.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert certificate.id.authority == hashlib.sha256(spki).digest()
    assert certificate.id.serial > 0


def test_without_any_trusted_authority_everything_is_of_another() -> None:
    assert refusal_of(RSA, TrustStore([])) == "certificate-other-authority"


def test_a_store_of_signature_authorities_only_tells_the_wrong_kind() -> None:
    assert refusal_of(RSA, TrustStore([], TRUST.authentication.values())) == "certificate-wrong-kind"


def test_who_made_a_certificate_is_asked_before_what_it_says() -> None:
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
def test_both_ends_of_a_period_belong_to_it(now: datetime, code: str | None) -> None:
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
