"""Comparison of name, kana, birth date, sex and address. Pure functions.

Spellings are equal if they differ only in character width, compatibility forms (Unicode NFKC) or spaces;
there is no fuzzy matching.
"""

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Match(StrEnum):
    """The number of residents with the attributes."""

    ONE = "one"
    NONE = "none"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Attributes:
    """A member's attributes, as the insurer has them."""

    name: str
    name_kana: str
    birth_date: date
    sex: str
    address: str


def normalise(text: str) -> str:
    """Return a text in normalised width and without white space.

    Some characters decompose into a space and a mark, which combines with the letter before it once the space
    is removed: hence the second pass.
    """
    return unicodedata.normalize("NFKC", "".join(unicodedata.normalize("NFKC", text).split()))


def match_key(attributes: Attributes) -> bytes:
    """Return the 16-byte index key, equal for attributes that are equal after normalisation."""
    parts = (
        normalise(attributes.name),
        normalise(attributes.name_kana),
        attributes.birth_date.isoformat(),
        attributes.sex,
        normalise(attributes.address),
    )
    return hashlib.sha256("\0".join(parts).encode()).digest()[:16]
