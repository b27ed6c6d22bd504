"""One-time codes: how much of them is random, what a typing mistake is, and what is stored (rule O1)."""

from __future__ import annotations

import hashlib
import math
import secrets
from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from eligibility_api.contract.durations import CODE_LIFE
from eligibility_api.domain.own_access import (
    ALPHABET,
    CODE_LENGTH,
    MAX_TYPED_LENGTH,
    RANDOM_CHARACTERS,
    SESSION_LIFE,
    MistypedCode,
    digest_of,
    new_code,
    read_code,
    written,
)


def drawn_code(drawn: list[int]) -> str:
    """The code of these random numbers."""
    rest = iter(drawn)
    return read_code(new_code(lambda _: next(rest)))


codes = st.lists(
    st.integers(0, len(ALPHABET) - 1), min_size=RANDOM_CHARACTERS, max_size=RANDOM_CHARACTERS
).map(drawn_code)
places = st.integers(0, CODE_LENGTH - 1)


def test_a_code_has_more_than_eighty_random_bits() -> None:
    asked: list[int] = []

    def draw(below: int) -> int:
        asked.append(below)
        return 0

    new_code(draw)
    assert asked == [len(ALPHABET)] * RANDOM_CHARACTERS
    assert sum(math.log2(below) for below in asked) > 84


def test_no_character_is_taken_for_another() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 31
    assert not set("01ILO") & set(ALPHABET)


def test_a_code_is_written_in_groups() -> None:
    code = new_code(secrets.randbelow)
    assert [len(group) for group in code.split("-")] == [3] * 6
    assert written(read_code(code)) == code


@given(codes, st.data())
def test_a_code_is_read_in_any_case_width_and_grouping(code: str, data: st.DataObject) -> None:
    separators = data.draw(
        st.lists(st.sampled_from(["", "-", " ", "ー", "－", "　"]), min_size=18, max_size=18)
    )
    wide = data.draw(st.booleans())
    typed = "".join(
        (chr(ord(character) + 0xFEE0) if wide else character.lower()) + separator
        for character, separator in zip(code, separators, strict=True)
    )
    assert read_code(typed) == code


@given(codes, places, st.sampled_from(ALPHABET))
def test_one_wrong_character_is_found(code: str, place: int, character: str) -> None:
    assume(code[place] != character)
    with pytest.raises(MistypedCode):
        read_code(code[:place] + character + code[place + 1 :])


@given(codes, places, places)
def test_two_exchanged_characters_are_found_wherever_they_stand(code: str, one: int, other: int) -> None:
    assume(code[one] != code[other])
    changed = list(code)
    changed[one], changed[other] = changed[other], changed[one]
    with pytest.raises(MistypedCode):
        read_code("".join(changed))


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "not in the form of a code"),
        (" ", "not in the form of a code"),
        ("K7Q", "not in the form of a code"),
        ("0" * 18, "not in the form of a code"),
        ("あ" * 18, "not in the form of a code"),
        ("2" * 17, "not in the form of a code"),
        ("2" * 19, "not in the form of a code"),
        ("2" * 17 + "3", "wrong check character"),
        ("2" * (MAX_TYPED_LENGTH + 1), "too long"),
        ("K7Q\0" * 5, "not in the form of a code"),
        ("\ufdfa" * 64, "not in the form of a code"),
    ],
    ids=["empty", "space", "short", "zeros", "kana", "17", "19", "check", "too long", "nul", "expanding"],
)
def test_another_text_is_a_typing_mistake(typed: str, reason: str) -> None:
    with pytest.raises(MistypedCode, match=f"^{reason}$"):
        read_code(typed)


@pytest.mark.parametrize("length", [64, 65])
def test_a_code_is_read_with_separators_up_to_a_length(length: int) -> None:
    code = read_code(new_code(secrets.randbelow))
    typed = code + " " * (length - len(code))
    if length == 64:
        assert read_code(typed) == code
    else:
        with pytest.raises(MistypedCode):
            read_code(typed)


@pytest.mark.parametrize(
    ("drawn", "code"),
    [(list(range(17)), "23456789ABCDEFGHJZ"), (list(range(30, 13, -1)), "ZYXWVUTSRQPNMKJHGJ")],
)
def test_the_check_character_of_two_codes(drawn: list[int], code: str) -> None:
    """Computed by hand: the sum of value times place, the check character's own place being 1, is a multiple of 31."""
    assert drawn_code(drawn) == code


def test_how_long_a_code_and_a_session_last() -> None:
    """Rules O1 and O2."""
    assert (timedelta(minutes=5), timedelta(minutes=15)) == (CODE_LIFE, SESSION_LIFE)


def test_what_is_stored_is_a_digest_of_its_own() -> None:
    """Another one would end every open code and session."""
    assert digest_of("a") == hashlib.sha256(b"SHIKAKU own access v1\0a").digest()
    assert digest_of("a") != digest_of("b")
