"""Rules for cells: those of `contract.enrolment.EnrolmentRequest`, fast enough for millions of rows.

A test compares them with that model. Each rule converts a text to the value that is stored, or raises
BadValue.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum

from eligibility_api.contract.characters import normalize_kana
from eligibility_api.contract.days import EARLIEST_DAY
from eligibility_api.contract.member_items import Item, Kind
from eligibility_api.contract.numbers import folded, is_my_number
from eligibility_api.contract.uploads import RowFault

Stored = str | int | bool | date | None
Rule = Callable[[str], Stored]
"""Converts a text that is not empty to the value that is stored. Raises BadValue."""

_FORMULA = re.compile(r"[=+@]|-(?![0-9])")
_PERSON_TEXT = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,200}")
_MEMBERSHIP_TEXT = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,20}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_POSTAL_CODE = re.compile(r"[0-9]{3}-[0-9]{4}")
_BRANCH = re.compile(r"[0-9]{2}")
_YEN = re.compile(r"0|[1-9][0-9]{0,4}")
_MAX_YEN = 20_000
_MY_NUMBER_DIGITS = 12


class BadValue(ValueError):
    """A cell or line that violates the rule `code`."""

    def __init__(self, code: RowFault) -> None:
        super().__init__(code.value)
        self.code = code


def _form(pattern: re.Pattern[str], code: RowFault) -> Rule:
    def rule(text: str) -> Stored:
        if not pattern.fullmatch(text):
            raise BadValue(code)
        return text

    return rule


def _codes(kind: Iterable[StrEnum]) -> Rule:
    known = {member.value for member in kind}

    def rule(text: str) -> Stored:
        if text not in known:
            raise BadValue(RowFault.CODE)
        return text

    return rule


def _day(text: str) -> Stored:
    if not _DAY.fullmatch(text):
        raise BadValue(RowFault.DAY)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadValue(RowFault.DAY) from None
    if day < EARLIEST_DAY:
        raise BadValue(RowFault.DAY)
    return day


def _kana(text: str) -> Stored:
    kana = normalize_kana(text) if _PERSON_TEXT.fullmatch(text) else ""
    if not _PERSON_TEXT.fullmatch(kana):
        raise BadValue(RowFault.TEXT)
    return kana


def _membership(text: str) -> Stored:
    if not _MEMBERSHIP_TEXT.fullmatch(text) or not (text.isalnum() or folded(text)):
        raise BadValue(RowFault.TEXT)
    # Folding never lengthens an ASCII text.
    if (len(text) >= _MY_NUMBER_DIGITS or not text.isascii()) and is_my_number(text):
        raise BadValue(RowFault.MY_NUMBER)
    return text


def _flag(text: str) -> Stored:
    if text != "1":
        raise BadValue(RowFault.CODE)
    return True


def _percent(text: str) -> Stored:
    if text not in {"10", "20", "30"}:
        raise BadValue(RowFault.CODE)
    return int(text)


def _yen(text: str) -> Stored:
    if not _YEN.fullmatch(text) or int(text) > _MAX_YEN:
        raise BadValue(RowFault.FORM)
    return int(text)


def own_number(insurer_number: str) -> Rule:
    """The insurer number must be the uploader's own."""

    def rule(text: str) -> Stored:
        if text == insurer_number:
            return text
        raise BadValue(RowFault.MY_NUMBER if is_my_number(text) else RowFault.OTHER_INSURER)

    return rule


def without_formula(rule: Rule) -> Rule:
    """`rule`, rejecting texts that a spreadsheet would interpret as a formula."""

    def guarded(text: str) -> Stored:
        if _FORMULA.match(text):
            raise BadValue(RowFault.FORMULA)
        return rule(text)

    return guarded


_RULES: dict[Kind, Rule] = {
    Kind.TEXT: _form(_PERSON_TEXT, RowFault.TEXT),
    Kind.KANA: _kana,
    Kind.MEMBERSHIP: _membership,
    Kind.BRANCH: _form(_BRANCH, RowFault.FORM),
    Kind.POSTAL_CODE: _form(_POSTAL_CODE, RowFault.FORM),
    Kind.DAY: _day,
    Kind.PERCENT: _percent,
    Kind.YEN: _yen,
    Kind.FLAG: _flag,
}


def rule_of(item: Item) -> Rule:
    """The rule for the cells of an item, or of an item of a group."""
    return _codes(item.codes) if item.codes is not None else _RULES[item.kind]
