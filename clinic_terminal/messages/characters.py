"""Forms of characters in messages: half-width kana, full-width spaces, ● for what an encoding lacks."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from enum import Enum

from eligibility_api.contract.bounds import MAX_TEXT_LENGTH
from eligibility_api.contract.characters import REPLACEMENT, normalize_kana, replace_unencodable

_SMALL = {"ヮ": "ﾜ", "ヵ": "ｶ", "ヶ": "ｹ", "ヰ": "ｲ", "ヱ": "ｴ"}
"""Kana that have no half-width form."""

_MARKS = {"\u3099": "ﾞ", "\u309a": "ﾟ"}


def _half_width() -> dict[int, str]:
    """Full-width katakana and their marks to half-width ones; a voiced letter becomes letter and mark."""
    halves = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF61, 0xFF9E)}
    halves |= _SMALL | _MARKS
    table = {ord(wide): half for wide, half in halves.items()}
    for code in range(0x30A1, 0x30FB):
        parts = unicodedata.normalize("NFD", chr(code))
        if all(part in halves for part in parts):
            table[code] = "".join(halves[part] for part in parts)
    return table


_HALF_WIDTH = _half_width()


def half_width_kana(text: str) -> str:
    """A reading in half-width kana: `ﾐﾎﾝ ﾊﾅｺ` for `ミホン　ハナコ`. Spaces are single and half-width.

    Full-width letters become ASCII. A character without a half-width form stays.
    """
    return normalize_kana(text).translate(_HALF_WIDTH)


def wide_spaces(text: str) -> str:
    """A name with full-width spaces between its parts."""
    return text.strip().replace(" ", "\u3000")


class Encoding(Enum):
    """An encoding of message files, with its code in CharacterCodeIdentifier (OQSCD005)."""

    UTF_8 = "0"
    SHIFT_JIS = "1"
    """Shift_JIS as Windows writes it (CP932)."""

    @property
    def declared(self) -> str:
        """The name in the XML declaration."""
        return "UTF-8" if self is Encoding.UTF_8 else "Shift_JIS"

    @property
    def codec(self) -> str:
        """The name of Python's codec."""
        return "utf-8" if self is Encoding.UTF_8 else "cp932"

    @property
    def writable(self) -> Callable[[str], str]:
        """Replaces each character that a file in this encoding cannot have by ●."""
        return _without_noncharacters if self is Encoding.UTF_8 else replace_unencodable


_NONCHARACTERS = {0xFFFE: REPLACEMENT, 0xFFFF: REPLACEMENT}
"""The only characters of a validated text that XML does not allow."""


def _without_noncharacters(text: str) -> str:
    return text.translate(_NONCHARACTERS)


MAX_HALF_WIDTH_LENGTH = 2 * MAX_TEXT_LENGTH
"""Characters of a reading of the longest length in half-width kana: every letter with its mark."""
