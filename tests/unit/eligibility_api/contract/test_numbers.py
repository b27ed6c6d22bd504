"""Numbers with check digits, and detection of a My Number in any spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract import numbers

BODIES = st.from_regex(r"\A[0-9]{5,9}\Z")
WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
"""Weights of a My Number's first eleven digits as municipalities publish them, from the left."""

MY_NUMBER = "123456789018"
"""A text with a valid My Number check digit; a plain count that belongs to no person."""


def my_number(body: str) -> str:
    """Eleven digits and their check digit, by the other form of the rule."""
    rest = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, body, strict=True)) % 11
    return body + str(0 if rest <= 1 else 11 - rest)


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        ("1234566", True),
        ("1234565", False),
        ("123456", False),
        ("12345667", False),
        ("１２３４５６６", False),
    ],
)
def test_a_beneficiary_number_has_seven_digits(number: str, valid: bool) -> None:
    assert numbers.is_beneficiary_number(number) is valid


@given(BODIES)
def test_exactly_one_digit_is_the_check_digit(body: str) -> None:
    fitting = [digit for digit in range(10) if numbers.is_checked_number(f"{body}{digit}", (len(body) + 1,))]
    assert fitting == [numbers.check_digit(body)]


@given(BODIES, st.data())
def test_a_single_wrong_digit_is_detected(body: str, data: st.DataObject) -> None:
    right = body + str(numbers.check_digit(body))
    place = data.draw(st.integers(0, len(right) - 1))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != right[place]]))
    assert not numbers.is_checked_number(right[:place] + digit + right[place + 1 :], (len(right),))


@given(BODIES, st.data())
def test_transposed_neighbours_are_detected_except_0_and_9(body: str, data: st.DataObject) -> None:
    right = body + str(numbers.check_digit(body))
    place = data.draw(st.integers(0, len(right) - 2))
    pair = right[place : place + 2]
    swapped = right[:place] + pair[::-1] + right[place + 2 :]
    missed = pair[0] == pair[1] or set(pair) == {"0", "9"}
    assert numbers.is_checked_number(swapped, (len(right),)) == missed


@given(st.text(), st.sampled_from([(6, 8), (10,), (7,)]))
def test_arbitrary_text_raises_no_error(text: str, lengths: tuple[int, ...]) -> None:
    assert numbers.is_checked_number(text, lengths) in {True, False}
    assert numbers.is_my_number(text) in {True, False}


@given(st.from_regex(r"\A[0-9]{11}\Z"))
def test_a_my_number_is_twelve_digits_with_its_check_digit(body: str) -> None:
    assert [digit for digit in "0123456789" if numbers.is_my_number(body + digit)] == [my_number(body)[-1]]


@pytest.mark.parametrize(
    "written",
    [
        MY_NUMBER,
        "１２３４５６７８９０１８",
        "1２3４5６7８9０1８",
        "①②③④⑤⑥⑦⑧⑨⓪①⑧",
        "𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗𝟎𝟏𝟖",
        "1234 5678 9018",
        "１２３４　５６７８　９０１８",
        " 123456789018 ",
        "123456789018\n",
        "1234\t5678\u00a09018",
        "1 2 3 4 5 6 7 8 9 0 1 8",
        "1234.5678.9018",
        "1234,5678,9018",
        "1234/5678/9018",
        "1234・5678・9018",
        "1234\u200b5678\ufeff9018",
        "1234─5678━9018",
        "1234〜5678_9018",
        "1234:5678、9018",
        "\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\u0660\u0661\u0668",
    ],
)
def test_a_my_number_is_detected_in_any_width_and_spacing(written: str) -> None:
    assert numbers.is_my_number(written)


@pytest.mark.parametrize("hyphen", "-‐‑‒–—―−－ーｰ﹣﹘⁻₋\u00ad")
def test_a_my_number_is_detected_with_any_kind_of_hyphen(hyphen: str) -> None:
    assert numbers.is_my_number(hyphen.join(("1234", "5678", "9018")))


@given(st.from_regex(r"\A[0-9]{11}\Z"), st.lists(st.sampled_from(" 　-－ー‐−\t・"), min_size=11, max_size=11))
def test_a_my_number_is_detected_with_separators_between_any_digits(body: str, between: list[str]) -> None:
    number = my_number(body)
    written = "".join(digit + mark for digit, mark in zip(number, [*between, ""], strict=True))
    assert numbers.is_my_number(written)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "123456789010",
        "12345678901",
        "1234567890181",
        "0123456789018",
        MY_NUMBER + "x",
        "No." + MY_NUMBER,
        "一二三四五六七八九〇一八",
        "見本",
        "20260901000",
        "1234 5678 901",
    ],
)
def test_other_texts_are_no_my_number(text: str) -> None:
    assert not numbers.is_my_number(text)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("", ""),
        ("見本", "見本"),
        ("ＡＢＣ　１２３", "ABC123"),
        ("ｼｹﾝ", "シケン"),
        ("12-34‐56−78", "12345678"),
        ("株)１", "株)1"),
    ],
)
def test_folding_removes_width_spaces_and_hyphens(text: str, folded: str) -> None:
    assert numbers.folded(text) == folded


@given(st.text("ＡＢａｂ12１２見本ｱカｶ-‐−－ーｰ 　・/"))
def test_folding_is_idempotent(text: str) -> None:
    assert numbers.folded(numbers.folded(text)) == numbers.folded(text)
