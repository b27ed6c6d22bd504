"""The canonical form of each identifier, however it is written.

An identifier is a value, not its text: width, spaces, hyphens and the zeros with which a number is filled up
to a width do not matter. Each function converts a text to the one form in which the value is stored and
compared, or raises `UnreadableIdentifier` for a text that cannot be meant: a wrong check digit, a law or a
prefecture that does not exist (rules I1 to I5). Days are in `days`, readings of names in `characters`.
"""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from functools import lru_cache  # noqa: TID251 - its texts have a checked length
from importlib.resources import files

from eligibility_api.contract.numbers import (
    MAX_IDENTIFIER_LENGTH,
    SEPARATORS,
    folded,
    is_checked_number,
    is_my_number,
)

_FULL_WIDTH = {0xFF10 + digit: str(digit) for digit in range(10)}
_SEPARATORS = re.compile(rf"[{SEPARATORS}\u30fc\ufe63\uff0d\uff70]")
"""As in a symbol, in either width; between digits a long-vowel mark was typed for a hyphen."""
_BRANCH = re.compile(r"[0-9]{1,2}")
_POSTAL_CODE = re.compile(r"[0-9]{7}")
PREFECTURES = frozenset(f"{number:02d}" for number in range(1, 48))
"""都道府県番号."""

_FEE_TABLES = frozenset("1346")
"""点数表: medical, dental, pharmacy, home nursing."""

_WIDTH, _NATIONAL_WIDTH = 8, 6


class IdentifierFault(StrEnum):
    """Why a text cannot be an identifier of its kind."""

    TOO_LONG = "too_long"
    FORM = "form"
    """Another number of digits, or something else than digits."""
    CHECK_DIGIT = "check_digit"
    LAW = "law"
    """No such 法別番号, or none of this kind."""
    PREFECTURE = "prefecture"
    FEE_TABLE = "fee_table"
    MY_NUMBER = "my_number"


class UnreadableIdentifier(ValueError):
    """A text that cannot be meant as an identifier of its kind. Never has the text."""

    def __init__(self, fault: IdentifierFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def _laws() -> tuple[frozenset[str], frozenset[str]]:
    table = tomllib.loads(files(__package__).joinpath("law_numbers.toml").read_text(encoding="utf-8"))
    local = {f"{ten}{digit}" for ten in table["local"]["tens"] for digit in range(10)}
    return frozenset(table["insurance"]), frozenset(table["public_expense"]) | local


INSURANCE_LAWS, PUBLIC_EXPENSE_LAWS = _laws()
"""The 法別番号 of insurers, and of payers of public expense: `law_numbers.toml`."""

MEDICAL_AID_LAW = "12"
"""The law of the welfare offices, whose recipients' eligibility is answered like an insurance's."""

_ANSWERED_LAWS = INSURANCE_LAWS | {MEDICAL_AID_LAW}


def insurer_number(text: str, *, lost_zeros: bool = False) -> str:
    """保険者番号: six digits of national health insurance, else eight; of welfare offices their 公費負担者番号.

    A number of six digits may be filled up to eight with zeros or spaces. With `lost_zeros`, of a spreadsheet
    that stored it as a number, leading zeros may be missing; one number at most is possible. Raises
    UnreadableIdentifier.
    """
    _check_length(text)
    return _insurer_number(text, lost_zeros)


@lru_cache(8192)
def _insurer_number(text: str, lost_zeros: bool) -> str:
    digits = _digits(text)
    if len(digits) not in (range(1, _WIDTH + 1) if lost_zeros else (_NATIONAL_WIDTH, _WIDTH)):
        raise _unreadable(text, IdentifierFault.FORM)
    value = digits.lstrip("0")
    number = value.zfill(_NATIONAL_WIDTH if len(value) <= _NATIONAL_WIDTH else _WIDTH)
    return _checked_payer(number, _ANSWERED_LAWS)


def payer_number(text: str) -> str:
    """公費負担者番号 of any law, eight digits. Raises UnreadableIdentifier."""
    _check_length(text)
    digits = _digits(text)
    if len(digits) != _WIDTH:
        raise _unreadable(text, IdentifierFault.FORM)
    return _checked_payer(digits, PUBLIC_EXPENSE_LAWS)


def recipient_number(text: str, *, lost_zeros: bool = False) -> str:
    """受給者番号: seven digits, the last a check digit. Raises UnreadableIdentifier."""
    return _checked(text, 7, 1 if lost_zeros else 7)


def institution_code(text: str, *, lost_zeros: bool = False) -> str:
    """医療機関コード: prefecture (2), 点数表 (1), district and number (6), check digit. Raises UnreadableIdentifier."""
    code = _checked(text, 10, 9 if lost_zeros else 10)
    if code[:2] not in PREFECTURES:
        raise UnreadableIdentifier(IdentifierFault.PREFECTURE)
    if code[2] not in _FEE_TABLES:
        raise UnreadableIdentifier(IdentifierFault.FEE_TABLE)
    return code


def branch(text: str) -> str:
    """枝番: two digits, a single one filled up with a zero. Raises UnreadableIdentifier."""
    if len(text) == 2 and text.isascii() and text.isdigit():
        return text
    _check_length(text)
    digits = _digits(text)
    if not _BRANCH.fullmatch(digits):
        raise _unreadable(text, IdentifierFault.FORM)
    return digits.zfill(2)


def membership_key(text: str) -> str:
    """A symbol (記号) or number (番号) for comparison (rule R1): width, case, spaces and hyphens do not matter.

    Symbols and numbers are stored as written. Raises `bounds.TextTooLong` for more than 128 characters.
    """
    if text.isdigit() and text.isascii():
        return text
    return folded(text).translate(_CAPITALS)


_CAPITALS = {code: code - 0x20 for code in range(ord("a"), ord("z") + 1)}


def postal_code(text: str) -> str:
    """郵便番号: seven digits with a hyphen, as 100-0001. Raises UnreadableIdentifier."""
    _check_length(text)
    digits = _digits(text.strip().removeprefix("〒"))
    if not _POSTAL_CODE.fullmatch(digits):
        raise _unreadable(text, IdentifierFault.FORM)
    return f"{digits[:3]}-{digits[3:]}"


def law_of(number: str) -> str | None:
    """法別番号 of a canonical insurer number; None for national health insurance."""
    return number[:2] if len(number) == _WIDTH else None


def is_welfare_office(number: str) -> bool:
    """Whether a canonical insurer number is a welfare office's (福祉事務所): law 12."""
    return law_of(number) == MEDICAL_AID_LAW


def is_late_elderly(number: str) -> bool:
    """Whether a canonical insurer number belongs to the late-elderly scheme (後期高齢者医療): law 39."""
    return law_of(number) == "39"


def _check_length(text: str) -> None:
    if len(text) > MAX_IDENTIFIER_LENGTH:
        raise UnreadableIdentifier(IdentifierFault.TOO_LONG)


def _digits(text: str) -> str:
    """The digits of a text that has nothing else but separators; of another text, something that is no digits."""
    if text.isascii() and text.isdigit():
        return text
    found = _SEPARATORS.sub("", text).translate(_FULL_WIDTH)
    return found if found.isascii() and found.isdigit() else ""


def _checked(text: str, width: int, min_width: int) -> str:
    """A number of `width` digits with a valid check digit, of which at least `min_width` are written."""
    _check_length(text)
    digits = _digits(text)
    if not min_width <= len(digits) <= width:
        raise _unreadable(text, IdentifierFault.FORM)
    number = digits.zfill(width)
    if not is_checked_number(number, (width,)):
        raise UnreadableIdentifier(IdentifierFault.CHECK_DIGIT)
    return number


def _checked_payer(number: str, laws: frozenset[str]) -> str:
    law, prefecture = ("", number[:2]) if len(number) == _NATIONAL_WIDTH else (number[:2], number[2:4])
    if not is_checked_number(number, (_NATIONAL_WIDTH, _WIDTH)):
        raise UnreadableIdentifier(IdentifierFault.CHECK_DIGIT)
    if law and law not in laws:
        raise UnreadableIdentifier(IdentifierFault.LAW)
    if prefecture not in PREFECTURES:
        raise UnreadableIdentifier(IdentifierFault.PREFECTURE)
    return number


def _unreadable(text: str, fault: IdentifierFault) -> UnreadableIdentifier:
    """The fault of a text, which is MY_NUMBER if it is one."""
    return UnreadableIdentifier(IdentifierFault.MY_NUMBER if is_my_number(text) else fault)
