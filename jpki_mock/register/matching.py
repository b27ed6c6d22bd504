"""Finding a person by name, kana, birth date, sex and address: how the five are compared. Pure.

Two spellings are the same when they differ in character width, in compatibility forms (Unicode NFKC) or in
spaces alone; anything beyond that is a difference, never a guess.
"""

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Match(StrEnum):
    """How many residents the attributes fit."""

    ONE = "one"
    NONE = "none"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Attributes:
    """What an insurer knows of a member."""

    name: str
    name_kana: str
    birth_date: date
    sex: str
    address: str


def normalise(text: str) -> str:
    """Return a text with one width and without any white space.

    Some characters decompose into a space and a mark, which joins the letter before once the space is gone: hence
    the second pass.
    """
    return unicodedata.normalize("NFKC", "".join(unicodedata.normalize("NFKC", text).split()))


def match_key(attributes: Attributes) -> bytes:
    """Return 16 bytes, equal for attributes that are equal after normalising: the key of the index."""
    parts = (
        normalise(attributes.name),
        normalise(attributes.name_kana),
        attributes.birth_date.isoformat(),
        attributes.sex,
        normalise(attributes.address),
    )
    return hashlib.sha256("\0".join(parts).encode()).digest()[:16]
