"""The check digit of the twelve-digit My Number (個人番号).

Used for one purpose: a card image may only have twelve digits that cannot be a real My Number, so their check
digit must be wrong.
"""

import unicodedata

_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def check_digit(first_eleven: str) -> str:
    """Return the check digit that belongs to eleven digits.

    Source: 行政手続における特定の個人を識別するための番号の利用等に関する法律の規定による通知カード及び個人番号カード並びに
    情報提供ネットワークシステムによる特定個人情報の提供等に関する省令, article 5.
    """
    remainder = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first_eleven, strict=True)) % 11
    return str(11 - remainder) if remainder > 1 else "0"


def could_be_real(text: str) -> bool:
    """Return whether a text could be a real My Number.

    Width and script of its twelve digits, and what separates them, make no difference.
    """
    digits = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text)))
    return len(digits) == 12 and digits.isdecimal() and check_digit(digits[:11]) == str(int(digits[11]))
