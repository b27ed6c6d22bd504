"""One page about one member, drawn. The two fonts are Adobe-Japan1 CID fonts: every reader brings them, none is embedded.

They have what Shift_JIS has: ● stands for any other character.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from reportlab.lib.pagesizes import A5
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from eligibility_api.contract.characters import replace_unencodable

_GOTHIC, _MINCHO = "HeiseiKakuGo-W5", "HeiseiMin-W3"
_WIDTH, _HEIGHT = A5
_LEFT, _VALUES, _TOP = 40.0, 180.0, _HEIGHT - 60.0
_LINE = 24.0
_VALUE_SIZE = 11.0
_SPECIMEN = "見本 SYNTHETIC"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on a page: title and explanation in Japanese and English, and lines of label and value."""

    title: str
    title_en: str
    lines: Sequence[tuple[str, str]]
    note: str


class Booklet:
    """A PDF that grows page by page; `close` writes it."""

    def __init__(self, file: BinaryIO) -> None:
        for font in (_GOTHIC, _MINCHO):
            pdfmetrics.registerFont(UnicodeCIDFont(font))
        # Invariant: no date and no random id, so that the same members make the same bytes.
        self._canvas = Canvas(file, pagesize=A5, invariant=1, pageCompression=1)
        self._canvas.setTitle(_SPECIMEN)

    def add(self, sheet: Sheet) -> None:
        """Add a page."""
        self._specimen_mark()
        self._text(_LEFT, _TOP, _GOTHIC, 18, sheet.title)
        self._text(_LEFT, _TOP - 16, _GOTHIC, 9, f"{sheet.title_en}    {_SPECIMEN}")
        height = _TOP - 2.2 * _LINE
        for label, value in sheet.lines:
            self._text(_LEFT, height, _GOTHIC, 8, label)
            self._value(height, replace_unencodable(value))
            self._canvas.line(_LEFT, height - 7, _WIDTH - _LEFT, height - 7)
            height -= _LINE
        for number, sentence in enumerate(sheet.note.splitlines()):
            self._text(_LEFT, height - 6 - 12 * number, _GOTHIC, 8, sentence)
        self._canvas.showPage()

    def close(self) -> None:
        """Write the file."""
        self._canvas.save()

    def _value(self, height: float, value: str) -> None:
        """A value, in smaller letters where it would run off the page."""
        room = (_WIDTH - _LEFT - _VALUES) / pdfmetrics.stringWidth(value, _MINCHO, _VALUE_SIZE)
        self._text(_VALUES, height, _MINCHO, _VALUE_SIZE * min(1.0, room), value)

    def _text(self, left: float, height: float, font: str, size: float, text: str) -> None:
        self._canvas.setFont(font, size)
        self._canvas.drawString(left, height, text)

    def _specimen_mark(self) -> None:
        self._canvas.saveState()
        self._canvas.setFillGray(0.88)
        self._canvas.setFont(_GOTHIC, 44)
        self._canvas.translate(_WIDTH / 2, _HEIGHT / 2)
        self._canvas.rotate(40)
        self._canvas.drawCentredString(0, 0, _SPECIMEN)
        self._canvas.restoreState()
