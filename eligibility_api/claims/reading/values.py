"""Rules for fields: each converts a text to the value that is stored, or raises BadValue."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from eligibility_api.claims.reading.faults import BadValue
from eligibility_api.contract.claims import ClaimsFault
from eligibility_api.contract.identifiers import (
    IdentifierFault,
    UnreadableIdentifier,
    insurer_number,
    payer_number,
    recipient_number,
)
from eligibility_api.contract.identifiers import branch as branch_number
from eligibility_api.contract.numbers import folded, is_my_number
from eligibility_api.domain.claims import DayCounts

Rule = Callable[[str], Any]

MAX_MEMBERSHIP_BYTES = 38
"""Maximum bytes of symbol and number together."""

_MAX_CACHED = 10_000
_MAX_LENGTH = 128
"""Characters of a text that a rule sees; the days of a month have no more. A longer one is invalid or all spaces."""

_MY_NUMBER_DIGITS = 12
_DECIMAL = re.compile(r"[0-9]{1,8}(\.[0-9]{1,5})?")
_DAYS_OF_MONTH = 31
_SPACES = " \u3000"


class Field(dict[str, Any]):
    """Maps a field's texts to their stored values; validates a text at its first lookup.

    A lookup raises BadValue. Of a `lenient` one an invalid text is left out: it is reported, and the claim counts
    without it. Memory and time are bounded: a full cache is cleared, and of a long text, which
    is not cached, a rule sees the beginning, one character more than the longest valid text has (decision
    016). `any_length` is for a rule that strips spaces first, or takes a line's rest apart itself.
    """

    __slots__ = ("_any_length", "_rule", "lenient", "required")

    def __init__(
        self, rule: Rule, *, required: bool = False, lenient: bool = False, any_length: bool = False
    ) -> None:
        super().__init__()
        self._rule = rule
        self.required = required
        self.lenient = lenient
        self._any_length = any_length

    def __missing__(self, text: str) -> Any:
        is_long = len(text) > _MAX_LENGTH
        checked = text if not is_long or self._any_length else text[: _MAX_LENGTH + 1]
        value = self._rule(checked) if checked else None
        if value is None and self.required:
            raise BadValue(ClaimsFault.REQUIRED)
        if is_long:
            return value
        if len(self) >= _MAX_CACHED:
            self.clear()
        self[text] = value
        return value


def digits(min_length: int, max_length: int | None = None) -> Rule:
    """Digits, stored as written."""
    pattern = re.compile(f"[0-9]{{{min_length},{max_length or min_length}}}")
    return _form(pattern, ClaimsFault.CODE)


def number(max_digits: int) -> Rule:
    """A whole number of at most `max_digits` digits."""
    pattern = re.compile(f"[0-9]{{1,{max_digits}}}")

    def rule(text: str) -> int:
        if not pattern.fullmatch(text):
            raise BadValue(ClaimsFault.NUMBER)
        return int(text)

    return rule


def one_of(codes: Iterable[str]) -> Rule:
    """A value of a code table."""
    table = frozenset(codes)

    def rule(text: str) -> str:
        if text not in table:
            raise BadValue(ClaimsFault.CODE)
        return text

    return rule


def text_up_to(max_bytes: int) -> Rule:
    """A text of at most `max_bytes` bytes, stripped of spaces; None if nothing remains."""

    def rule(text: str) -> str | None:
        if 2 * len(text) > max_bytes and len(text.encode("cp932")) > max_bytes:
            raise BadValue(ClaimsFault.CODE)
        return text.strip(_SPACES) or None

    return rule


def _stripped(text: str) -> str:
    """A text of any length without the spaces around it, as far as it may be valid, and one character more."""
    return text.strip(_SPACES)[: _MAX_LENGTH + 1]


def raw(text: str) -> str | None:
    """A text that is judged later, if at all: stripped of spaces, and no longer than a rule may see."""
    return _stripped(text) or None


def is_present(_text: str) -> bool:
    """Only whether a field is filled matters."""
    return True


def insurer(text: str) -> str | None:
    """保険者番号 in its one spelling."""
    found = _stripped(text)
    return _identifier(insurer_number, found) if found else None


def payer(text: str) -> str:
    """負担者番号 of any law."""
    return _identifier(payer_number, text)


def recipient(text: str) -> str:
    """受給者番号 that identifies a member, with a valid check digit."""
    return _identifier(recipient_number, text)


def branch(text: str) -> str:
    """枝番."""
    return _identifier(branch_number, text, ClaimsFault.CODE)


def _identifier(rule: Callable[[str], str], text: str, code: ClaimsFault = ClaimsFault.NUMBER) -> str:
    try:
        return rule(text)
    except UnreadableIdentifier as bad:
        raise BadValue(ClaimsFault.MY_NUMBER if bad.fault is IdentifierFault.MY_NUMBER else code) from None


def membership(text: str) -> str | None:
    """A symbol or number as printed, of either width. A My Number is rejected."""
    found = _stripped(text)
    # Folding never lengthens an ASCII text.
    if (len(found) >= _MY_NUMBER_DIGITS or not found.isascii()) and is_my_number(found):
        raise BadValue(ClaimsFault.MY_NUMBER)
    if 2 * len(found) > MAX_MEMBERSHIP_BYTES and len(found.encode("cp932")) > MAX_MEMBERSHIP_BYTES:
        raise BadValue(ClaimsFault.CODE)
    if found and not (found.isalnum() or folded(found)):
        raise BadValue(ClaimsFault.CODE)
    return found or None


def day_counts(text: str) -> DayCounts:
    """The fields of the month's days, from the 1st on, as one text: the times on each day."""
    fields = text.split(",", _DAYS_OF_MONTH)
    if len(fields) > _DAYS_OF_MONTH:
        raise BadValue(ClaimsFault.FIELDS)
    counts = []
    for index, field in enumerate(fields):
        if not field:
            continue
        if not (len(field) <= 3 and field.isascii() and field.isdigit()):
            raise BadValue(ClaimsFault.NUMBER, (index, field))
        if count := int(field):
            counts.append((index + 1, count))
    return tuple(counts)


def _form(pattern: re.Pattern[str], code: ClaimsFault) -> Rule:
    def rule(text: str) -> str:
        if not pattern.fullmatch(text):
            raise BadValue(code)
        return text

    return rule


QUANTITY = _form(_DECIMAL, ClaimsFault.NUMBER)
"""使用量 or 数量, as claimed."""


def modifiers(text: str) -> tuple[str, ...]:
    """修飾語: four digits each."""
    if len(text) % 4 or len(text) > 80 or not (text.isascii() and text.isdigit()):
        raise BadValue(ClaimsFault.CODE)
    return tuple(text[start : start + 4] for start in range(0, len(text), 4))
