"""Draws one page per member into a PDF.

The two fonts are Adobe-Japan1 CID fonts, which every reader provides: none is embedded. They have the
characters of Shift_JIS; any other character is replaced by ●.
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
class PaperPage:
    """The text of a page: title and note in Japanese and English, and lines of label and value."""

    title: str
    title_en: str
    lines: Sequence[tuple[str, str]]
    note: str


class PdfDocument:
    """A PDF document; `close` writes it to the file."""

    def __init__(self, file: BinaryIO) -> None:
        for font in (_GOTHIC, _MINCHO):
            pdfmetrics.registerFont(UnicodeCIDFont(font))
        # `invariant` leaves out date and random id, so that the same members give the same bytes.
        self._canvas = Canvas(file, pagesize=A5, invariant=1, pageCompression=1)
        self._canvas.setTitle(_SPECIMEN)

    def add(self, page: PaperPage) -> None:
        """Add a page."""
        self._specimen_mark()
        self._text(_LEFT, _TOP, _GOTHIC, 18, page.title)
        self._text(_LEFT, _TOP - 16, _GOTHIC, 9, f"{page.title_en}    {_SPECIMEN}")
        height = _TOP - 2.2 * _LINE
        for label, value in page.lines:
            self._text(_LEFT, height, _GOTHIC, 8, label)
            self._value(height, replace_unencodable(value))
            self._canvas.line(_LEFT, height - 7, _WIDTH - _LEFT, height - 7)
            height -= _LINE
        for number, sentence in enumerate(page.note.splitlines()):
            self._text(_LEFT, height - 6 - 12 * number, _GOTHIC, 8, sentence)
        self._canvas.showPage()

    def close(self) -> None:
        """Write the file."""
        self._canvas.save()

    def _value(self, height: float, value: str) -> None:
        """Draw a value, in a smaller size where it would not fit the line."""
        fit = (_WIDTH - _LEFT - _VALUES) / pdfmetrics.stringWidth(value, _MINCHO, _VALUE_SIZE)
        self._text(_VALUES, height, _MINCHO, _VALUE_SIZE * min(1.0, fit), value)

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
