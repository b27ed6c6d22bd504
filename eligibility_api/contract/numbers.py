"""Check digits of insurance numbers, folding of their texts, and detection of a My Number, which is never accepted.

The rules are those of the claim and eligibility interfaces (保険者番号, 公費負担者番号, 医療機関コード); the My Number's check
digit follows the ministerial ordinance 総務省令第85号 article 5.
"""

from __future__ import annotations

import re

from eligibility_api.contract.bounds import MAX_EXPANSION, normalized

SEPARATORS = r"\s\-\u00ad\u180e\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2060-\u206f\u2212\ufeff"
"""Spaces and hyphens, as a class of characters; also those without width, which a copied text may hold."""

_SPACES_AND_HYPHENS = re.compile(f"[{SEPARATORS}]")

_LONG_VOWELS_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])\u30fc+(?=[0-9])")
"""The long-vowel mark, typed for a hyphen."""

_TWELVE_DIGITS = re.compile(r"\d{12}")

MAX_IDENTIFIER_LENGTH = 64
"""Characters of a text that may be tested for a My Number: twelve digits with a few separators between them."""

_MAX_FOLDED_LENGTH = 2 * MAX_IDENTIFIER_LENGTH


def folded(text: str) -> str:
    """Normalise `text` for comparison: width folded (NFKC), spaces and hyphens removed.

    Removal can join a letter and a combining mark, hence the second pass of folding. Raises
    `bounds.TextTooLong` for more than 128 characters.
    """
    if text.isascii() and text.isalnum():
        return text
    dropped = _SPACES_AND_HYPHENS.sub("", normalized("NFKC", text, max_length=_MAX_FOLDED_LENGTH))
    closed = _LONG_VOWELS_BETWEEN_DIGITS.sub("", dropped)
    return normalized("NFKC", closed, max_length=MAX_EXPANSION * _MAX_FOLDED_LENGTH)


def check_digit(digits: str) -> int:
    """The check digit that follows `digits` (insurer, public-expense, beneficiary and institution numbers).

    From the last digit leftward multiply by 2, 1, 2, 1 … and add the digits of the products; the check digit
    is the difference to the next multiple of ten.
    """
    total = 0
    for place, digit in enumerate(reversed(digits)):
        product = int(digit) * (2 if place % 2 == 0 else 1)
        total += product // 10 + product % 10
    return -total % 10


def is_checked_number(text: str, lengths: tuple[int, ...]) -> bool:
    """Whether `text` is ASCII digits, of one of `lengths`, the last a valid check digit of the others."""
    if len(text) not in lengths or not (text.isascii() and text.isdigit()):
        return False
    return check_digit(text[:-1]) == int(text[-1])


def is_late_elderly_number(insurer_number: str) -> bool:
    """Whether a valid 保険者番号 belongs to the late-elderly scheme (後期高齢者医療): law 39."""
    return len(insurer_number) == 8 and insurer_number.startswith("39")


def is_beneficiary_number(text: str) -> bool:
    """受給者番号: seven digits with a valid check digit."""
    return is_checked_number(text, (7,))


def is_my_number(text: str) -> bool:
    """Whether `text`, folded, is exactly twelve digits with a valid My Number check digit; a long one is none.

    Such a text is rejected wherever a membership identifier is expected. Identifiers that a clinic chooses
    itself are not tested: one in ten twelve-digit strings has a valid check digit by chance.
    """
    if len(text) > MAX_IDENTIFIER_LENGTH:
        return False
    # Separators, visible or not, and the script of the digits must not hide the number.
    digits = "".join(character for character in folded(text) if character.isalnum())
    if not _TWELVE_DIGITS.fullmatch(digits):
        return False
    total = sum(
        int(digit) * (n + 1 if n <= 6 else n - 5) for n, digit in enumerate(reversed(digits[:-1]), start=1)
    )
    remainder = total % 11
    return int(digits[-1]) == (0 if remainder <= 1 else 11 - remainder)
