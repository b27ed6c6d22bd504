"""Draws one page per member into a PDF, which embeds its font: it looks and prints the same everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from reportlab.lib.pagesizes import A5
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from screens.papers.document_font import document_font
from screens.papers.font import printable

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

    def texts(self) -> Iterator[str]:
        """All texts of the page."""
        yield from (self.title, self.title_en, self.note)
        for line in self.lines:
            yield from line


class PdfDocument:
    """A PDF document; `close` draws its pages and writes it to the file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._pages: list[PaperPage] = []

    def add(self, page: PaperPage) -> None:
        """Add a page."""
        lines = [(label, printable(value)) for label, value in page.lines]
        self._pages.append(replace(page, lines=lines))

    def close(self) -> None:
        """Write the file, with those characters of the font that its pages have."""
        texts = (text for page in self._pages for text in page.texts())
        with document_font((_SPECIMEN, *texts)) as font:
            self._draw(font)

    def _draw(self, font: str) -> None:
        # `invariant` leaves out date and random id, so that the same members give the same bytes.
        canvas = Canvas(self._file, A5, invariant=1, pageCompression=1, initialFontName=font)
        canvas.setTitle(_SPECIMEN)
        for page in self._pages:
            _Drawing(canvas, font).page(page)
        canvas.save()


class _Drawing:
    """Draws a page on a canvas."""

    def __init__(self, canvas: Canvas, font: str) -> None:
        self._canvas = canvas
        self._font = font

    def page(self, page: PaperPage) -> None:
        """Draw the specimen's mark, the title, the lines with their labels, and the note."""
        self._specimen_mark()
        self._text(_LEFT, _TOP, 18, page.title)
        self._text(_LEFT, _TOP - 16, 9, f"{page.title_en}    {_SPECIMEN}")
        height = _TOP - 2.2 * _LINE
        for label, value in page.lines:
            self._text(_LEFT, height, 8, label)
            self._value(height, value)
            self._canvas.line(_LEFT, height - 7, _WIDTH - _LEFT, height - 7)
            height -= _LINE
        for number, sentence in enumerate(page.note.splitlines()):
            self._text(_LEFT, height - 6 - 12 * number, 8, sentence)
        self._canvas.showPage()

    def _value(self, height: float, value: str) -> None:
        """Draw a value, in a smaller size where it would not fit the line."""
        fit = (_WIDTH - _LEFT - _VALUES) / pdfmetrics.stringWidth(value, self._font, _VALUE_SIZE)
        self._text(_VALUES, height, _VALUE_SIZE * min(1.0, fit), value)

    def _text(self, left: float, height: float, size: float, text: str) -> None:
        self._canvas.setFont(self._font, size)
        self._canvas.drawString(left, height, text)

    def _specimen_mark(self) -> None:
        self._canvas.saveState()
        self._canvas.setFillGray(0.88)
        self._canvas.setFont(self._font, 44)
        self._canvas.translate(_WIDTH / 2, _HEIGHT / 2)
        self._canvas.rotate(40)
        self._canvas.drawCentredString(0, 0, _SPECIMEN)
        self._canvas.restoreState()
