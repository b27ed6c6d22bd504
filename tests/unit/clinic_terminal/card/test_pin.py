"""Normalisation of a PIN, and input that is never sent to a card."""

import pytest

from clinic_terminal.card.errors import CardError
from clinic_terminal.card.pin import normalised_pin


@pytest.mark.parametrize(
    ("typed", "pin"),
    [("1234", b"1234"), ("0000", b"0000"), ("１２３４", b"1234"), ("1２3４", b"1234")],
)
def test_four_digits_of_any_width_are_valid(typed: str, pin: bytes) -> None:
    assert normalised_pin(typed) == pin


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "123",
        "12345",
        "12 4",
        " 1234",
        "1234\n",
        "12a4",
        "ABCD",
        "一二三四",
        "١٢٣٤",
        "１２３",
        "-123",
        "½34",
    ],
)
def test_other_input_is_malformed_and_not_repeated(typed: str) -> None:
    with pytest.raises(CardError) as caught:
        normalised_pin(typed)
    assert caught.value.code == "pin-malformed"
    assert caught.value.details == {}
