"""The bytes that a card signs: distinct for distinct fields."""

from __future__ import annotations

import hashlib
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.presence import TAGS, to_be_signed

fields = st.tuples(
    st.sampled_from(Purpose), *[st.text("a\0é資1", max_size=4) | st.text(max_size=40) for _ in range(4)]
)
Fields = tuple[Purpose, str, str, str, str]


def signed(given_fields: Fields) -> bytes:
    purpose, audience, institution_code, terminal_id, challenge = given_fields
    return to_be_signed(
        purpose,
        audience=audience,
        institution_code=institution_code,
        terminal_id=terminal_id,
        challenge=challenge,
    )


def test_every_purpose_has_its_published_tag() -> None:
    assert TAGS == {
        Purpose.ELIGIBILITY: b"SHIKAKU presence v1\0",
        Purpose.FIRST_REGISTRATION: b"SHIKAKU first-registration v1\0",
        Purpose.VISUAL_REGISTRATION: b"SHIKAKU visual-registration v1\0",
        Purpose.VISUAL_CHECK: b"SHIKAKU visual-check v1\0",
        Purpose.CONSENT: b"SHIKAKU consent v1\0",
        Purpose.VISUAL_CONSENT: b"SHIKAKU visual-consent v1\0",
        Purpose.OWN_ACCESS: b"SHIKAKU own-access v1\0",
    }


def test_no_tag_is_a_prefix_of_another() -> None:
    for one, other in permutations(TAGS.values(), 2):
        assert not one.startswith(other)


@pytest.mark.parametrize("tag", TAGS.values())
def test_a_tag_ends_in_its_only_nul(tag: bytes) -> None:
    assert tag.index(b"\0") == len(tag) - 1


def test_the_bytes_are_the_tag_and_the_digest_of_fields_with_their_lengths() -> None:
    spelled = b"\0\4fund" + b"\0\x0a1311111114" + b"\0\2t1" + b"\0\3abc"
    expected = b"SHIKAKU presence v1\0" + hashlib.sha256(spelled).digest()
    assert signed((Purpose.ELIGIBILITY, "fund", "1311111114", "t1", "abc")) == expected


@given(fields)
def test_the_bytes_have_a_fixed_short_length_per_purpose(given_fields: Fields) -> None:
    message = signed(given_fields)
    assert message.startswith(TAGS[given_fields[0]])
    assert len(message) == len(TAGS[given_fields[0]]) + 32


@given(fields, fields)
def test_two_messages_are_equal_only_for_equal_fields(one: Fields, other: Fields) -> None:
    assert (signed(one) == signed(other)) == (one == other)


@given(fields, st.integers(1, 3), st.integers(1, 40))
def test_text_cannot_be_shifted_between_fields(given_fields: Fields, place: int, length: int) -> None:
    moved = list(given_fields)
    text = given_fields[place]
    moved[place], moved[place + 1] = text[:-length], text[-length:] + given_fields[place + 1]
    assert (signed(tuple(moved)) == signed(given_fields)) == (text == "")  # type: ignore[arg-type]


@pytest.mark.parametrize("length", [0, 1, 255, 256, 65_535])
def test_a_field_may_have_up_to_65535_bytes(length: int) -> None:
    assert len(signed((Purpose.ELIGIBILITY, "", "", "", "a" * length))) == 52
