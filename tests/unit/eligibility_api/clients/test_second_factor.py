"""The stored secret of a second factor: readable with the fund's key, for its own operator only."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.clients.second_factor import decrypt_secret, encrypt_secret

KEY, SECRET = bytes(range(32)), b"twenty secret bytes!"
OWNER = ("1311111114", "救急　見本")
STORED = encrypt_secret(KEY, SECRET, *OWNER)


@given(key=st.binary(min_size=32, max_size=32), secret=st.binary(max_size=64), operator=st.text(max_size=60))
def test_a_secret_comes_back_for_its_operator(key: bytes, secret: bytes, operator: str) -> None:
    stored = encrypt_secret(key, secret, "1311111114", operator)
    assert decrypt_secret(key, stored, "1311111114", operator) == secret
    assert secret not in stored or len(secret) < 4


@pytest.mark.parametrize(
    "owner",
    [
        ("0110113719", "救急　見本"),
        ("1311111114", "救急　見本 "),
        ("1311111114", ""),
        ("1311111114\0救急", "見本"),
        ("", "1311111114\0救急　見本"),
    ],
)
def test_a_secret_in_another_operators_row_cannot_be_read(owner: tuple[str, str]) -> None:
    with pytest.raises(InvalidTag):
        decrypt_secret(KEY, STORED, *owner)


def test_a_secret_cannot_be_read_with_another_key() -> None:
    with pytest.raises(InvalidTag):
        decrypt_secret(bytes(32), STORED, *OWNER)


@given(place=st.integers(0, len(STORED) - 1), bit=st.integers(0, 7))
def test_every_flipped_bit_is_noticed(place: int, bit: int) -> None:
    altered = bytearray(STORED)
    altered[place] ^= 1 << bit
    with pytest.raises(InvalidTag):
        decrypt_secret(KEY, bytes(altered), *OWNER)


@pytest.mark.parametrize("length", [12, 13, 27, len(STORED) - 1])
def test_a_truncated_text_is_noticed(length: int) -> None:
    with pytest.raises((InvalidTag, ValueError)):
        decrypt_secret(KEY, STORED[:length], *OWNER)


def test_the_same_secret_is_never_stored_alike() -> None:
    assert len({encrypt_secret(KEY, SECRET, *OWNER) for _ in range(50)}) == 50
