"""Signatures: one key, one message, one hash, one padding."""

from __future__ import annotations

from functools import cache

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.certificate import PublicKey, check_signature

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
def test_a_good_signature_holds(kind: str) -> None:
    key, signature = signed(kind)
    check_signature(key, signature, MESSAGE)


@pytest.mark.parametrize("kind", KINDS)
def test_no_bit_of_a_good_signature_can_be_flipped(kind: str) -> None:
    _, signature = signed(kind)
    for place in range(len(signature) * 8):
        flipped = bytearray(signature)
        flipped[place // 8] ^= 1 << place % 8
        assert is_refused(kind, bytes(flipped))


@pytest.mark.parametrize("kind", KINDS)
def test_no_bit_of_the_message_can_be_flipped(kind: str) -> None:
    _, signature = signed(kind)
    for place in range(len(MESSAGE) * 8):
        flipped = bytearray(MESSAGE)
        flipped[place // 8] ^= 1 << place % 8
        assert is_refused(kind, signature, bytes(flipped))


@given(st.sampled_from(KINDS), st.binary(max_size=600))
def test_any_bytes_are_refused_as_a_signature(kind: str, signature: bytes) -> None:
    assert is_refused(kind, signature)


@given(st.sampled_from(KINDS), st.binary(max_size=100))
def test_a_good_signature_holds_for_no_other_message(kind: str, message: bytes) -> None:
    if message != MESSAGE:
        assert is_refused(kind, signed(kind)[1], message)


@pytest.mark.parametrize("kind", KINDS)
def test_one_keys_signature_is_nothing_under_another_key(kind: str) -> None:
    other = KINDS[1 - KINDS.index(kind)]
    assert is_refused(other, signed(kind)[1])


def test_ecdsas_mirrored_signature_holds_as_well() -> None:
    # It needs no key to make one from the other. Harmless: a challenge is spent by its own id, not by its signature.
    key, signature = signed("p384")
    r, s = decode_dss_signature(signature)
    check_signature(key, encode_dss_signature(r, _P384_ORDER - s), MESSAGE)
