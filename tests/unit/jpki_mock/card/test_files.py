"""BER-TLV objects of the card's files, check digits, and retry counters, as properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpki_mock.card import status
from jpki_mock.card.files import after
from jpki_mock.card.my_number import check_digit, could_be_real
from jpki_mock.card.pins import BlockedSecret, CountedSecret, Counters, UncountedSecret
from jpki_mock.tlv import tlv
from tests.builders.cards import AUTHENTICATION_PIN, TestCard
from tests.depth import max_examples

IMAGE = TestCard().image
DIGITS = st.text("0123456789", min_size=11, max_size=11)


def read_tlv(data: bytes, tag_bytes: int) -> tuple[int, bytes, bytes]:
    """Tag, value and the bytes after a data object (ISO/IEC 8825-1), independent of the writer."""
    tag, rest = int.from_bytes(data[:tag_bytes]), data[tag_bytes:]
    first, rest = rest[0], rest[1:]
    if first & 0x80:
        count = first & 0x7F
        size, rest = int.from_bytes(rest[:count]), rest[count:]
    else:
        size = first
    return tag, rest[:size], rest[size:]


@max_examples(80)
@given(st.integers(1, 0xFFFF), st.integers(0, 70_000), st.binary(max_size=3))
def test_a_data_object_is_read_as_it_was_written(tag: int, size: int, after_it: bytes) -> None:
    value = bytes(size)
    assert read_tlv(tlv(tag, value) + after_it, 2 if tag > 0xFF else 1) == (tag, value, after_it)


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, "5f00"),
        (1, "5f01"),
        (127, "5f7f"),
        (128, "5f8180"),
        (255, "5f81ff"),
        (256, "5f820100"),
        (65_536, "5f83010000"),
    ],
)
def test_a_length_is_as_short_as_it_can_be(size: int, head: str) -> None:
    assert tlv(0x5F, bytes(size))[: len(head) // 2].hex() == head


def test_an_access_condition_is_any_of_its_pins() -> None:
    assert after(0x18, 0x1B) == frozenset({0x18, 0x1B})


@given(DIGITS)
def test_exactly_one_of_ten_numbers_could_be_real(digits: str) -> None:
    real = [last for last in "0123456789" if could_be_real(digits + last)]
    assert real == [check_digit(digits)]


@given(DIGITS, st.integers(0, 10), st.integers(1, 9))
def test_the_check_digit_notices_most_single_wrong_digits(digits: str, place: int, difference: int) -> None:
    """Only two remainders, 0 and 1, share a check digit."""
    wrong = digits[:place] + str((int(digits[place]) + difference) % 10) + digits[place + 1 :]
    if check_digit(wrong) == check_digit(digits):
        assert check_digit(digits) == "0"


@given(st.text(max_size=14))
def test_any_text_is_judged_without_an_error(text: str) -> None:
    assert could_be_real(text) in (True, False)


def secret(tries: list[int]) -> tuple[CountedSecret, Counters]:
    counters = Counters(IMAGE, lambda image: tries.append(image.secret("authentication").tries_left))
    return CountedSecret("authentication", counters), counters


@given(st.lists(st.booleans(), max_size=12))
def test_a_pin_has_three_tries_which_only_the_right_one_restores(guesses: list[bool]) -> None:
    saved: list[int] = []
    pin, counters = secret(saved)
    limit = counters.image.secret("authentication").limit
    left = limit
    for right in guesses:
        word = pin.verify(AUTHENTICATION_PIN.encode() if right else b"0000")
        if left == 0:
            assert word == status.LOCKED  # even the right one, and nothing is counted
            continue
        left = limit if right else left - 1
        assert word == (status.OK if right else status.TRIES_LEFT | left)
        assert pin.query() == status.TRIES_LEFT | left
    assert counters.image.secret("authentication").tries_left == left
    assert not saved or saved[-1] == left
    assert all(
        earlier != later for earlier, later in zip([limit, *saved], saved, strict=False)
    )  # every save is a change


@given(st.binary(max_size=8))
def test_a_blocked_pin_refuses_every_value_and_an_uncounted_one_never_locks(candidate: bytes) -> None:
    blocked, uncounted = BlockedSecret(), UncountedSecret("19800217")
    assert (blocked.query(), blocked.verify(candidate)) == (status.TRIES_LEFT, status.LOCKED)
    for _ in range(20):
        word = uncounted.verify(candidate)
        assert word == (status.OK if candidate == b"19800217" else status.TRIES_UNLIMITED)
    assert uncounted.verify(b"19800217") == status.OK
    assert "19800217" not in repr(uncounted)
