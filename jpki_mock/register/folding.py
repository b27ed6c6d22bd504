"""Folded forms: spellings of one item that differ by what clerks and systems write for each other.

Each kind of folding can be left out, so that it can be shown which kinds two spellings need to become equal. Folded
forms are for comparison only: they are not shown, and two persons with equal ones are still two.
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable, Collection, Iterator
from enum import StrEnum
from importlib.resources import files

VERSION = 1
"""Of these rules and of `variants.toml`. The register folds its residents again when it changes."""

MAX_LENGTH = 200
"""Maximum characters of an item that is folded: the register's longest field."""

ANY = "●"
"""Written for a character that a system lacks."""

MAX_ANY = 2
"""Maximum of these characters in one item; they are also at most half of its characters."""


class Item(StrEnum):
    """The items that have several spellings."""

    NAME = "name"
    NAME_KANA = "name_kana"
    ADDRESS = "address"


class Kind(StrEnum):
    """A kind of folding, in the order in which they are applied."""

    ADDRESS = "address"
    """Numerals and units of a block and lot, 大字, ケ and ヶ, the prefecture."""
    CHARACTER = "character"
    """Variants of a character (異体字), and variation selectors."""
    KANA = "kana"
    """Hiragana, small kana, and kana that sound alike today."""
    CASE = "case"
    PUNCTUATION = "punctuation"
    """Hyphens, long-vowel marks, middle dots, apostrophes, commas, full stops."""
    MISSING = "missing"
    """● for any one ideograph. Not folded: compared by `fits`."""


FOLDED = frozenset(Kind) - {Kind.MISSING}

_PASSES = 8
"""Maximum passes until a folded text no longer changes; two are usual."""


def _variants() -> Iterator[tuple[int, str]]:
    groups = tomllib.loads((files(__package__) / "variants.toml").read_text(encoding="utf-8"))
    for group in (group for part in groups.values() for group in part):
        yield from ((ord(character), group[0]) for character in group[1:])


_SELECTORS = (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
_CHARACTERS: dict[int, str | None] = dict(_variants()) | dict.fromkeys(_SELECTORS)

_KATAKANA = {code: chr(code + 0x60) for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
_LARGE = str.maketrans(
    "ァィゥェォッャュョヮヵヶヰヱヲヂヅㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ",
    "アイウエオツヤユヨワカケイエオジズクシストヌハヒフヘホムラリルレロ",
)
_KANA = {code: kana.translate(_LARGE) for code, kana in _KATAKANA.items()} | _LARGE

# No system lacks a digit, a letter or a kana: whoever writes ● for one guesses, such as at the lot of an address.
_IDEOGRAPH = re.compile("[㐀-鿿豈-﫿\U00020000-\U000323af]")

_MARKS = r"[-‐‑‒–—―−ー・·'’.,、。]"
# Between digits a mark separates two numbers; elsewhere it is dropped.
_SEPARATOR = re.compile(rf"(?<=[0-9]){_MARKS}+(?=[0-9])")
_MARK = re.compile(rf"(?<![0-9]){_MARKS}+|{_MARKS}+(?![0-9])")

_PREFECTURE = re.compile(r"^\s*(?:東京都|北海道|京都府|大阪府|[^\s市区町村郡]{2,3}県)(?=.)")
_DISTRICT = re.compile(r"大字|(?<=[市区町村])字")
_SMALL_KE = re.compile(r"(?<=[一-鿿])[ヶケがガヵ](?=[一-鿿])")
_UNIT = r"(?:丁目|番地|番(?![町丁])|号室?)"
_NUMBER = r"(?:[0-9]+|[〇一二三四五六七八九十百千]+)"
_BETWEEN = rf"(?:\s*{_UNIT}\s*[のノ]?\s*|\s*[のノ]\s*|\s*{_MARKS}\s*|(?<=[0-9])\s+(?=[0-9]))"
_LOT = re.compile(rf"{_NUMBER}(?:{_BETWEEN}{_NUMBER})*(?:\s*{_UNIT})?")
_EACH_NUMBER = re.compile(_NUMBER)
_DIGITS = {character: digit for digit, character in enumerate("〇一二三四五六七八九")}
_TENS = {"十": 10, "百": 100, "千": 1000}


def fold(item: Item, text: str, kinds: Collection[Kind] = FOLDED) -> str:
    """Fold an item by these kinds, in normalised width and without white space. Folding it again changes nothing.

    Raises ValueError for a text longer than `MAX_LENGTH`.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError("longer than an item may be")
    steps = [
        step
        for kind, step in _STEPS.items()
        if kind in kinds and not (kind is Kind.ADDRESS and item is not Item.ADDRESS)
    ]
    for _ in range(_PASSES):
        folded = _pass(text, steps)
        if folded == text:
            break
        text = folded
    return text


def prefecture(address: str) -> str:
    """Return the prefecture with which an address begins; an empty text without one."""
    text = "".join(unicodedata.normalize("NFKC", address).translate(_CHARACTERS).split())
    found = _PREFECTURE.match(text)
    return found.group() if found is not None else ""


def needed_kinds(item: Item, text: str, other: str) -> list[Kind]:
    """Return the kinds that two spellings need to become equal; none if they are equal as they are.

    They must be equal with all kinds. Where one difference can be explained by several kinds, the last one is named.
    """
    kinds = list(Kind)
    for kind in Kind:
        others = [other_kind for other_kind in kinds if other_kind is not kind]
        if fits(fold(item, text, others), fold(item, other, others), any_one=Kind.MISSING in others):
            kinds = others
    return kinds


def has_missing(text: str) -> bool:
    """Return whether ● in a folded text stands for any character: not if there are too many of them."""
    missing = text.count(ANY)
    return 0 < missing <= MAX_ANY and 2 * missing <= len(text)


def fits(text: str, register: str, *, any_one: bool = True) -> bool:
    """Return whether two folded texts are equal, with `any_one` if ● in the first stands for any one ideograph."""
    if not any_one or len(text) != len(register) or not has_missing(text):
        return text == register
    return all(
        ours == theirs or (ours == ANY and _IDEOGRAPH.match(theirs) is not None)
        for ours, theirs in zip(text, register, strict=True)
    )


def _pass(text: str, steps: Collection[Callable[[str], str]]) -> str:
    text = unicodedata.normalize("NFKC", text)
    for step in steps:
        text = step(text)
    return unicodedata.normalize("NFKC", "".join(text.split()))


def _fold_address(text: str) -> str:
    text = _SMALL_KE.sub("ケ", _DISTRICT.sub("", _PREFECTURE.sub("", text)))
    return _LOT.sub(_lot, text)


def _lot(found: re.Match[str]) -> str:
    """Write a block and lot (一丁目二番三号) as 1-2-3; a single numeral without a unit stays as it is."""
    lot = found.group()
    numbers = _EACH_NUMBER.findall(lot)
    return lot if numbers == [lot] else "-".join(map(_arabic, numbers))


def _arabic(number: str) -> str:
    """Return the digits of a number; a numeral without tens is read digit by digit (二三 is 23)."""
    if number[0].isascii():
        return number
    if not any(character in _TENS for character in number):
        return "".join(str(_DIGITS[character]) for character in number)
    total, digit = 0, None
    for character in number:
        if character in _TENS:
            total += _TENS[character] * (1 if digit is None else digit)
            digit = None
        else:
            digit = (digit or 0) * 10 + _DIGITS[character]
    return str(total + (digit or 0))


def _fold_punctuation(text: str) -> str:
    return _MARK.sub("", _SEPARATOR.sub("-", text))


_STEPS: dict[Kind, Callable[[str], str]] = {
    Kind.ADDRESS: _fold_address,
    Kind.CHARACTER: lambda text: text.translate(_CHARACTERS),
    Kind.KANA: lambda text: text.translate(_KANA),
    Kind.CASE: str.casefold,
    Kind.PUNCTUATION: _fold_punctuation,
}
