"""Characters of names: normalised kana for comparison, and conversion to Shift_JIS.

Names are stored as written, their readings in normalised kana. Conversions are made at the boundary and not
stored.
"""

from __future__ import annotations

import re

from eligibility_api.contract.bounds import MAX_EXPANSION, MAX_TEXT_LENGTH, normalized

REPLACEMENT = "●"
"""Replaces a character that the target encoding lacks."""

_TO_KATAKANA = {code: code + 0x60 for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)} | {
    0x309B: 0x3099,
    0x309C: 0x309A,
}
"""Hiragana to katakana, and separate sound marks to combining ones, of which NFKC makes one character."""

_MAX_READING_LENGTH = MAX_EXPANSION * MAX_TEXT_LENGTH

_WINDOWS_FORMS = str.maketrans(
    "\u00a2\u00a3\u00a5\u00ac\u2014\u2016\u203e\u2212\u301c",
    "\uffe0\uffe1\uffe5\uffe2\u2015\u2225\uffe3\uff0d\uff5e",
)
"""Windows' mapping of JIS X 0208 where it differs from Unicode's."""

_WRITTEN = re.compile("(?s).[\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef]*")
"""One written character: with its voicing marks, or its variation selector."""


def normalize_kana(text: str) -> str:
    """Normalise kana: full-width katakana, single ordinary spaces between the parts, none around.

    Half-width kana, hiragana, separate sound marks, and spaces of any width and number give the same result.
    Raises `bounds.TextTooLong` for a text longer than a normalised reading can be.
    """
    # Before, since NFKC parts a separate mark from its letter by a space; behind, for what NFKC makes hiragana.
    wide = normalized("NFKC", text.translate(_TO_KATAKANA), max_length=_MAX_READING_LENGTH)
    katakana = wide.translate(_TO_KATAKANA)
    if katakana != wide:
        katakana = normalized("NFKC", katakana, max_length=MAX_EXPANSION * _MAX_READING_LENGTH)
    return " ".join(katakana.split())


def replace_unencodable(text: str) -> str:
    """Replace each character that Shift_JIS (CP932) lacks with ●.

    A character with another code point there is mapped to it. A variant (異体字) counts as a different
    character.
    """
    return "".join(_written(written.group()) for written in _WRITTEN.finditer(text))


def _written(character: str) -> str:
    # Compose only sequences: normalising a single character would replace old forms by new ones (U+FA19 by
    # 神).
    if len(character) > MAX_TEXT_LENGTH:
        return REPLACEMENT
    composed = normalized("NFC", character, max_length=MAX_TEXT_LENGTH) if len(character) > 1 else character
    windows = composed.translate(_WINDOWS_FORMS)
    try:
        return windows if windows.encode("cp932").decode("cp932") == windows else REPLACEMENT
    except UnicodeEncodeError:
        return REPLACEMENT
