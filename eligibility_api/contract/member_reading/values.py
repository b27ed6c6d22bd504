"""Rules for cells: what can be meant in one way only becomes the canonical text of its item, the rest is a fault.

What they return, `contract.enrolment.EnrolmentRequest` accepts; a test compares them with that model. They are
fast enough for millions of rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from enum import StrEnum

from eligibility_api.contract import identifiers
from eligibility_api.contract.bounds import MAX_TEXT_LENGTH, normalized
from eligibility_api.contract.characters import normalize_kana
from eligibility_api.contract.codes import Relationship, Sex
from eligibility_api.contract.days import EARLIEST_DAY, parse_day
from eligibility_api.contract.identifiers import IdentifierFault, UnreadableIdentifier
from eligibility_api.contract.member_items import Item, Kind
from eligibility_api.contract.numbers import folded, is_my_number
from eligibility_api.contract.uploads import RowFault

Rule = Callable[[str], str]
"""Converts a text that is not empty to the canonical one, which may be empty. Raises BadValue."""

_MAX_SHORT = 24
"""Characters of a code, an amount or a flag as anybody may write it."""

_FORMULA = re.compile(r"[=+@]|-(?![0-9])")
_FORMULA_OF_A_TEXT = re.compile(rf'="([^"]{{0,{MAX_TEXT_LENGTH}}})"')
"""How programs keep a spreadsheet from taking a number's leading zeros."""

_PERSON_TEXT = re.compile(rf"[^\x00-\x1f\x7f-\x9f]{{1,{MAX_TEXT_LENGTH}}}")
_MEMBERSHIP_TEXT = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,20}")
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]{1,15})?[eE]\+[0-9]{2,3}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EARLIEST_DAY = EARLIEST_DAY.isoformat()
_POSTAL_CODE = re.compile(r"[0-9]{3}-[0-9]{4}")
_SHORT_POSTAL_CODE = re.compile(r"([0-9]{1,2})-([0-9]{4})|([0-9]{5,6})")
_YEN = re.compile(r"0|[1-9][0-9]{0,4}")
_YEN_WRITTEN = re.compile(r"[\\¥]?([0-9]{1,3}(?:,[0-9]{3}){0,3}|[0-9]{1,9})円?")
_MAX_YEN = 20_000
_MY_NUMBER_DIGITS = 12

_WORDS: dict[type[StrEnum], dict[str, str]] = {
    Sex: {"男": Sex.MALE, "男性": Sex.MALE, "女": Sex.FEMALE, "女性": Sex.FEMALE},
    Relationship: {
        "本人": Relationship.INSURED,
        "被保険者": Relationship.INSURED,
        "家族": Relationship.DEPENDANT,
        "被扶養者": Relationship.DEPENDANT,
    },
}
"""Words that mean a code."""

_FLAGS = {
    "1": "1", "TRUE": "1", "○": "1", "◯": "1", "〇": "1", "有": "1", "該当": "1",
    "0": "", "FALSE": "", "×": "", "無": "", "非該当": "",
}  # fmt: skip
_PERCENT = {
    text: percent for percent in ("10", "20", "30") for text in (percent, f"{percent}%", f"{percent[0]}割")
}

_ZEROS_MAY_BE_LOST = frozenset({IdentifierFault.FORM, IdentifierFault.CHECK_DIGIT, IdentifierFault.LAW})


class BadValue(ValueError):
    """A cell that violates the rule `code`."""

    def __init__(self, code: RowFault) -> None:
        super().__init__(code.value)
        self.code = code


def _short(text: str, code: RowFault, max_length: int = _MAX_SHORT) -> str:
    """A short text with narrow digits, without spaces around it."""
    if len(text) > max_length:
        raise BadValue(code)
    return text.strip() if text.isascii() else normalized("NFKC", text, max_length=max_length).strip()


def _codes(kind: type[StrEnum]) -> Rule:
    known = {member.value: member.value for member in kind}
    # 1 is 01 where every code has two characters.
    shortened = {code.lstrip("0"): code for code in known if len(code) == 2 and code.startswith("0")}
    meant = (
        known | _WORDS.get(kind, {}) | {text: code for text, code in shortened.items() if text not in known}
    )

    def rule(text: str) -> str:
        found = known.get(text) or meant.get(_short(text, RowFault.CODE))
        if found is None:
            raise BadValue(RowFault.CODE)
        return found

    return rule


def _day(text: str) -> str:
    try:
        if _DAY.fullmatch(text) and text >= _EARLIEST_DAY:
            date.fromisoformat(text)
            return text
        return parse_day(text).isoformat()
    except ValueError:
        raise BadValue(RowFault.DAY) from None


def _text(text: str) -> str:
    # A longer text is cut off already: without its line breaks it could look like a whole one.
    if len(text) <= MAX_TEXT_LENGTH and not _PERSON_TEXT.fullmatch(text):
        lines = map(str.strip, text.replace("\r", "\n").split("\n"))
        text = " ".join(filter(None, lines))
    if not _PERSON_TEXT.fullmatch(text):
        raise BadValue(RowFault.TEXT)
    return text


def _kana(text: str) -> str:
    kana = normalize_kana(_text(text))
    if not _PERSON_TEXT.fullmatch(kana):
        raise BadValue(RowFault.TEXT)
    return kana


def _membership(text: str) -> str:
    if text.isascii() and text.isdigit() and len(text) < _MY_NUMBER_DIGITS:
        return text
    if _SCIENTIFIC.fullmatch(text):
        raise BadValue(RowFault.SCIENTIFIC)
    if len(text) <= MAX_TEXT_LENGTH:
        text = text.strip("\r\n")
    if not _MEMBERSHIP_TEXT.fullmatch(text) or not (text.isalnum() or folded(text)):
        raise BadValue(RowFault.TEXT)
    # Folding never lengthens an ASCII text.
    if (len(text) >= _MY_NUMBER_DIGITS or not text.isascii()) and is_my_number(text):
        raise BadValue(RowFault.MY_NUMBER)
    return text


def _identifier(read: Callable[[str], str], code: RowFault) -> Rule:
    def rule(text: str) -> str:
        try:
            return read(text)
        except UnreadableIdentifier as unreadable:
            raise BadValue(
                RowFault.MY_NUMBER if unreadable.fault is IdentifierFault.MY_NUMBER else code
            ) from None

    return rule


def _postal_code(text: str) -> str:
    if _POSTAL_CODE.fullmatch(text):
        return text
    narrow = _short(text, RowFault.FORM)
    if short := _SHORT_POSTAL_CODE.fullmatch(narrow):
        area, rest, digits = short.groups()
        narrow = digits.zfill(7) if digits else f"{area.zfill(3)}-{rest}"
    return _identifier(identifiers.postal_code, RowFault.FORM)(narrow)


def _flag(text: str) -> str:
    flag = _FLAGS.get(_short(text, RowFault.CODE).upper())
    if flag is None:
        raise BadValue(RowFault.CODE)
    return flag


def _percent(text: str) -> str:
    percent = _PERCENT.get(_short(text, RowFault.CODE))
    if percent is None:
        raise BadValue(RowFault.CODE)
    return percent


def _yen(text: str) -> str:
    if not _YEN.fullmatch(text):
        written = _YEN_WRITTEN.fullmatch(_short(text, RowFault.FORM))
        text = written[1].replace(",", "") if written else ""
    if not _YEN.fullmatch(text) or int(text) > _MAX_YEN:
        raise BadValue(RowFault.FORM)
    return text


def insurer_rule(own: str | None) -> Rule:
    """The insurer number: the sender's own, or any if `own` is None. One that lost its zeros is restored."""

    def read(text: str) -> str:
        try:
            return identifiers.insurer_number(text, lost_zeros=True)
        except UnreadableIdentifier as unreadable:
            raise BadValue(_insurer_fault(text, unreadable.fault)) from None

    def rule(text: str) -> str:
        if text == own:
            return text
        number = read(text)
        if own is not None and number != own:
            raise BadValue(RowFault.OTHER_INSURER)
        return number

    return rule


def _insurer_fault(text: str, fault: IdentifierFault) -> RowFault:
    if fault is IdentifierFault.MY_NUMBER:
        return RowFault.MY_NUMBER
    is_short = text.isascii() and text.isdigit() and len(text) in (5, 7)
    return RowFault.LEADING_ZEROS if is_short and fault in _ZEROS_MAY_BE_LOST else RowFault.INSURER_NUMBER


def without_formula(rule: Rule) -> Rule:
    """`rule`, rejecting texts that a spreadsheet would interpret as a formula.

    `="0123"` is none: programs write it to keep the zeros. Spaces alone are an empty cell.
    """

    def guarded(text: str) -> str:
        if text[0] == "=" and (quoted := _FORMULA_OF_A_TEXT.fullmatch(text)):
            text = quoted[1]
        if _FORMULA.match(text):
            raise BadValue(RowFault.FORMULA)
        is_empty = not text or (text.isspace() and len(text) <= MAX_TEXT_LENGTH)
        return "" if is_empty else rule(text)

    return guarded


_RULES: dict[Kind, Rule] = {
    Kind.TEXT: _text,
    Kind.KANA: _kana,
    Kind.MEMBERSHIP: _membership,
    Kind.BRANCH: _identifier(identifiers.branch, RowFault.FORM),
    Kind.POSTAL_CODE: _postal_code,
    Kind.DAY: _day,
    Kind.PERCENT: _percent,
    Kind.YEN: _yen,
    Kind.FLAG: _flag,
}


def rule_of(item: Item) -> Rule:
    """The rule for the cells of an item, or of an item of a group."""
    return _codes(item.codes) if item.codes is not None else _RULES[item.kind]


def stored_as(item: Item) -> Callable[[str], str | int | bool | date]:
    """Converts a canonical text that is not empty to the value that is stored."""
    return {Kind.DAY: date.fromisoformat, Kind.PERCENT: int, Kind.YEN: int, Kind.FLAG: bool}.get(
        item.kind, str
    )  # type: ignore[return-value]


def may_be_longer(item: Item, text: str) -> bool:
    """Whether a text may be the beginning of a longer one: a file that ends in it may be cut off."""
    narrow = normalized("NFKC", text, max_length=_MAX_SHORT).strip() if len(text) <= _MAX_SHORT else ""
    match item.kind:
        case Kind.FLAG:
            return narrow != "1"
        case Kind.CODE:
            assert item.codes is not None
            return not narrow or any(code != narrow and code.startswith(narrow) for code in item.codes)
        case Kind.DAY:
            return not (
                re.fullmatch(r"[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}|[0-9]{8}", narrow) or narrow.endswith("日")
            )
        case Kind.POSTAL_CODE:
            return _POSTAL_CODE.fullmatch(narrow) is None
        case Kind.BRANCH:
            return re.fullmatch("[0-9]{2}", narrow) is None
        case Kind.PERCENT:
            return narrow not in _PERCENT or (narrow.isdigit() and len(narrow) < 2)
    return True
