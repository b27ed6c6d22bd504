"""Characters of names: one form of kana for comparing, and the border where a text must become Shift_JIS.

Names are kept as they were written, their readings in the one form of kana. What a border needs is made there and
thrown away.
"""

from __future__ import annotations

import re
import unicodedata

REPLACEMENT = "●"
"""Stands at the border for a character that the other side's encoding does not have."""

_TO_KATAKANA = {code: code + 0x60 for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}

_WINDOWS_FORMS = str.maketrans(
    "\u00a2\u00a3\u00a5\u00ac\u2014\u2016\u203e\u2212\u301c",
    "\uffe0\uffe1\uffe5\uffe2\u2015\u2225\uffe3\uff0d\uff5e",
)
"""What Windows reads JIS X 0208 as, where Unicode's own character is another one."""

_WRITTEN = re.compile("(?s).[\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef]*")
"""One character as it is written: with its sound marks, or with the selector of its variant."""


def normalize_kana(text: str) -> str:
    """Kana in one form: full-width katakana, one ordinary space between the parts, none around.

    Half-width kana, hiragana, and spaces of any width and number come out alike.
    """
    katakana = unicodedata.normalize("NFKC", text).translate(_TO_KATAKANA)
    return " ".join(katakana.split())


def replace_unencodable(text: str) -> str:
    """`text` as it can be written in Shift_JIS (CP932): ● for each character that cannot, nothing left out.

    A character that has another code point there is written by it. A variant (異体字) is another character.
    """
    return "".join(_written(written.group()) for written in _WRITTEN.finditer(text))


def _written(character: str) -> str:
    # Composed only where it consists of parts: normalising alone would exchange old forms for new ones (神 for U+FA19).
    composed = unicodedata.normalize("NFC", character) if len(character) > 1 else character
    windows = composed.translate(_WINDOWS_FORMS)
    try:
        return windows if windows.encode("cp932").decode("cp932") == windows else REPLACEMENT
    except UnicodeEncodeError:
        return REPLACEMENT
