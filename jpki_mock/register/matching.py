"""Comparison of name, kana, birth date, sex and address. Pure functions.

Spellings are equal if they differ only in character width, compatibility forms (Unicode NFKC) or spaces. Where nobody
is spelled equally, residents are compared by folded forms (`folding.py`); what only these make equal is a proposal.
"""

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from jpki_mock.register.folding import Item, Kind, fits, fold, has_missing, needed_kinds, prefecture


class Match(StrEnum):
    """The number of residents with the attributes: one who is spelled equally, one by folded forms only, none, several."""

    ONE = "one"
    VARIANT = "variant"
    NONE = "none"
    AMBIGUOUS = "ambiguous"


class Difference(NamedTuple):
    """An item that is spelled otherwise in the register, and a kind of folding that makes it equal."""

    item: Item
    kind: Kind


@dataclass(frozen=True, slots=True)
class Attributes:
    """A member's attributes, as the insurer has them."""

    name: str
    name_kana: str
    birth_date: date
    sex: str
    address: str

    @property
    def spelled(self) -> dict[Item, str]:
        """The items that have several spellings."""
        return {Item.NAME: self.name, Item.NAME_KANA: self.name_kana, Item.ADDRESS: self.address}


@dataclass(frozen=True, slots=True)
class Folded:
    """Attributes in folded form; the folded address has no prefecture."""

    name: str
    name_kana: str
    birth_date: date
    sex: str
    address: str
    prefecture: str

    @classmethod
    def of(cls, attributes: Attributes) -> "Folded":
        """Fold the attributes."""
        name, name_kana, address = (fold(item, text) for item, text in attributes.spelled.items())
        return cls(
            name, name_kana, attributes.birth_date, attributes.sex, address, prefecture(attributes.address)
        )

    @property
    def has_missing(self) -> bool:
        """Whether a character is missing (●) in the name or the address."""
        return has_missing(self.name) or has_missing(self.address)

    @property
    def key(self) -> bytes:
        """The 16-byte index key, equal for attributes that are equal after folding."""
        return _key(self.name, self.name_kana, self.birth_date.isoformat(), self.sex, self.address)

    @property
    def reading_key(self) -> bytes:
        """The 16-byte index key of what holds no missing character: kana, birth date and sex."""
        return _key(self.name_kana, self.birth_date.isoformat(), self.sex)

    def fits(self, register: "Folded") -> bool:
        """Return whether these are a resident's attributes, of whom the register misses no character.

        A prefecture may be missing, but cities of one name in two prefectures are two.
        """
        same = (self.name_kana, self.birth_date, self.sex) == (
            register.name_kana,
            register.birth_date,
            register.sex,
        )
        place = {self.prefecture, register.prefecture} - {""}
        # Both are compared in any case: the time says nothing about either.
        return same & (len(place) < 2) & fits(self.name, register.name) & fits(self.address, register.address)


def normalise(text: str) -> str:
    """Return a text in normalised width and without white space.

    Some characters decompose into a space and a mark, which combines with the letter before it once the space
    is removed: hence the second pass.
    """
    return unicodedata.normalize("NFKC", "".join(unicodedata.normalize("NFKC", text).split()))


def match_key(attributes: Attributes) -> bytes:
    """Return the 16-byte index key, equal for attributes that are equal after normalisation."""
    return _key(
        normalise(attributes.name),
        normalise(attributes.name_kana),
        attributes.birth_date.isoformat(),
        attributes.sex,
        normalise(attributes.address),
    )


def differences(attributes: Attributes, register: Attributes) -> Sequence[Difference]:
    """Return in which items, and by which kinds of folding, attributes differ that are equal after folding.

    They contain no value.
    """
    return tuple(
        Difference(item, kind)
        for item, text in attributes.spelled.items()
        for kind in needed_kinds(item, text, register.spelled[item])
    )


def _key(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()[:16]
