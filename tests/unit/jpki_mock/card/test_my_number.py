"""The My Number check digit, which keeps real numbers out of card images."""

import pytest

from jpki_mock.card.my_number import check_digit, could_be_real


@pytest.mark.parametrize(
    ("first_eleven", "expected"),
    [
        ("12345678901", "8"),  # remainder 3
        ("00000000000", "0"),  # remainder 0
        ("00000000006", "0"),  # remainder 1
        ("00000000001", "9"),  # remainder 2
    ],
)
def test_the_check_digit_is_eleven_less_the_remainder_or_zero(first_eleven: str, expected: str) -> None:
    assert check_digit(first_eleven) == expected


@pytest.mark.parametrize("digits", ["", "12345678901", "1234567890187", "12345678901x", "123456789010"])
def test_only_twelve_digits_with_their_check_digit_could_be_real(digits: str) -> None:
    assert not could_be_real(digits)
    assert could_be_real("123456789018")


@pytest.mark.parametrize(
    "text", ["１２３４５６７８９０１８", "1234 5678 9018", "１２３４－５６７８－９０１８", "١٢٣٤٥٦٧٨٩٠١٨"]
)
def test_width_script_and_separators_are_ignored(text: str) -> None:
    assert could_be_real(text)
