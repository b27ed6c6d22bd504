"""Registers the font of one document with reportlab."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from threading import Lock
from typing import Any

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from screens.papers.font import truetype_subset

NAME = "NotoSansJP"
"""The font's name in a document."""

_LOCK = Lock()
_BEYOND_16_BITS = re.compile(r"(?<=> <)[0-9A-F]{5,6}(?=>)")


@contextmanager
def document_font(texts: Iterable[str]) -> Iterator[str]:
    """Let reportlab draw these texts, which must be printable, by the font of the yielded name.

    reportlab's registry is of the process, and keeps the first font of a name and of a face: the next document,
    which has other characters, would be drawn with this one's. So a process draws one document at a time.
    """
    font = _Font(NAME, BytesIO(truetype_subset(sorted({character for text in texts for character in text}))))
    with _LOCK:
        pdfmetrics.registerFont(font)
        try:
            yield NAME
        finally:
            del pdfmetrics._fonts[font.fontName]
            del pdfmetrics._dynFaceNames[font.face.name]


class _Font(TTFont):  # type: ignore[misc]  # reportlab has no types
    """A font whose text can be searched and read aloud beyond 16 bits too."""

    def addObjects(self, doc: Any) -> None:
        """Add the font's objects, with the texts of characters as UTF-16 (ISO 32000-1, 9.10.3)."""
        super().addObjects(doc)
        for name, stream in doc.idToObject.items():
            if name.startswith("toUnicodeCMap:"):
                stream.content = _BEYOND_16_BITS.sub(_surrogates, stream.content)


def _surrogates(match: re.Match[str]) -> str:
    return chr(int(match.group(), 16)).encode("utf-16-be").hex().upper()
