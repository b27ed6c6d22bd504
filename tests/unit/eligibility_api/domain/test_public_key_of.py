"""The key of a certificate whose issuer is not known yet: by the rules for keys alone (A3)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.certificate import MAX_CERTIFICATE_BYTES, key_sha256, public_key_of
from jpki_mock.authority.keys import PrivateKey
from jpki_mock.authority.profiles import authentication_leaf, build_leaf
from jpki_mock.authority.values import Period
from tests.unit.eligibility_api.domain.revocations import CA, NOW, authority, p384_key, rsa_key

EVER = Period(NOW - timedelta(days=9999), NOW - timedelta(days=9998))
"""A period long past: the key of an expired certificate still verifies an old consent."""


def certificate(key: PrivateKey | rsa.RSAPublicNumbers, signer: str = "nobody's authority") -> bytes:
    leaf = authentication_leaf(CA, key.public_key(), 4711, EVER)
    return build_leaf(leaf, authority(signer), rsa_key(signer)).public_bytes(Encoding.DER)


@pytest.mark.parametrize("key", [rsa_key("card"), p384_key()], ids=["RSA", "P-384"])
def test_issuer_and_period_do_not_matter(key: PrivateKey) -> None:
    assert key_sha256(public_key_of(certificate(key))) == key_sha256(key.public_key())


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (rsa.generate_private_key(65537, 1024), "certificate-key-too-weak"),
        (rsa.generate_private_key(3, 2048), "certificate-exponent"),
        (ec.generate_private_key(ec.SECP256R1()), "certificate-key-type"),
    ],
    ids=["1024 bits", "exponent 3", "P-256"],
)
def test_a_key_against_the_rules_is_refused(key: PrivateKey, code: str) -> None:
    with pytest.raises(ShikakuError) as refused:
        public_key_of(certificate(key))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("bits", "code"),
    [
        (2047, "certificate-key-too-weak"),
        (2048, None),
        (4096, None),
        (4097, "certificate-key-too-large"),
    ],
)
def test_an_rsa_key_has_2048_to_4096_bits(bits: int, code: str | None) -> None:
    """Rule A3."""
    der = certificate(rsa.RSAPublicNumbers(65537, (1 << bits) - 1))
    if code is None:
        assert isinstance(public_key_of(der), rsa.RSAPublicKey)
    else:
        with pytest.raises(ShikakuError, match=code):
            public_key_of(der)


@pytest.mark.parametrize(
    ("der", "code"),
    [
        (b"", "certificate-malformed"),
        (b"\x30\x00", "certificate-malformed"),
        (certificate(rsa_key("card"))[:-1], "certificate-malformed"),
        (certificate(rsa_key("card")) + b"\0", "certificate-malformed"),
        (bytes(MAX_CERTIFICATE_BYTES + 1), "certificate-too-large"),
    ],
    ids=["nothing", "an empty sequence", "a byte short", "a byte long", "too large"],
)
def test_bytes_that_are_no_certificate_are_refused(der: bytes, code: str) -> None:
    with pytest.raises(ShikakuError) as refused:
        public_key_of(der)
    assert refused.value.code == code
