"""Draws a paper as PDF: A4, the font embedded, long tables over several pages, long texts over several lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from html import escape
from io import BytesIO
from typing import Any

from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from clinic_terminal.exchange.paper.document import Group, Paper, Section
from screens.papers.document_font import document_font
from screens.papers.font import printable

_WIDTH, _HEIGHT = A4
_SIDE, _TOP, _BOTTOM = 15 * mm, 30 * mm, 18 * mm
_CONTENT = _WIDTH - 2 * _SIDE
_SIZE, _LEADING, _PADDING = 9.0, 12.5, 12.0
_TABLE_ROWS = 60
_SHORT = 200
"""A row whose cells are longer may fill a page."""

_SPECIMEN = "見本（架空のデータ） SYNTHETIC"
_SIGNS_OF_PAGES = "0123456789/ ページ"
_LINES, _HEAD, _GROUP = Color(0.6, 0.6, 0.6), Color(0.87, 0.9, 0.94), Color(0.95, 0.95, 0.95)


def draw(paper: Paper) -> bytes:
    """The paper as a PDF file; the same paper gives the same bytes.

    A ● stands for each character that the font lacks. The text can be searched and read aloud.
    """
    texts = [printable(text) for text in paper.texts()]
    with document_font((*texts, _SPECIMEN, _SIGNS_OF_PAGES)) as font:
        output = BytesIO()
        template = SimpleDocTemplate(
            output, pagesize=A4, invariant=1, pageCompression=1, initialFontName=font,
            leftMargin=_SIDE, rightMargin=_SIDE, topMargin=_TOP, bottomMargin=_BOTTOM,
            title=printable(paper.title), author=_SPECIMEN, lang="ja",
        )  # fmt: skip
        template.build(
            list(_Contents(font).of(paper)),
            canvasmaker=lambda *args, **options: _PagedCanvas(paper, font, *args, **options),
        )
        return output.getvalue()


class _Contents:
    """The flowing contents of a paper."""

    def __init__(self, font: str) -> None:
        self._font = font
        self._heading = _style(font, 12.0, 16.0)
        self._body = _style(font, _SIZE, _LEADING)

    def of(self, paper: Paper) -> Iterator[Flowable]:
        """The paper's sections, each with its heading, and its tables or the sentence that it has none."""
        for section in paper.sections:
            yield _paragraph(section.heading, self._heading)
            yield Spacer(0, 2 * mm)
            if not section.groups:
                yield _paragraph(section.empty, self._body)
            for groups in _tables(section.groups):
                yield self._table(section, groups)
            yield Spacer(0, 7 * mm)

    def _table(self, section: Section, groups: Iterable[Group]) -> LongTable:
        total = sum(column.share for column in section.columns)
        widths = [_CONTENT * column.share / total for column in section.columns]
        rows = [self._row([column.heading for column in section.columns], widths)]
        style: list[tuple[Any, ...]] = [
            ("FONT", (0, 0), (-1, -1), self._font, _SIZE, _LEADING),
            ("GRID", (0, 0), (-1, -1), 0.4, _LINES),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("BACKGROUND", (0, 0), (-1, 0), _HEAD),
        ]
        for group in groups:
            n = len(rows)
            style += [("SPAN", (0, n), (-1, n)), ("BACKGROUND", (0, n), (-1, n), _GROUP)]
            if all(len(cell) <= _SHORT for row in group.rows[:1] for cell in row):
                style.append(("NOSPLIT", (0, n), (-1, n + 1)))  # a heading stays with its first row
            rows.append(self._row([group.heading], [_CONTENT]) + [""] * (len(widths) - 1))
            rows += (self._row(row, widths) for row in group.rows)
        return LongTable(rows, widths, style=TableStyle(style), repeatRows=1, splitInRow=1)

    def _row(self, texts: Sequence[str], widths: Sequence[float]) -> list[str | Paragraph]:
        return [self._cell(text, width - _PADDING) for text, width in zip(texts, widths, strict=True)]

    def _cell(self, text: str, width: float) -> str | Paragraph:
        """A string if the text fits the line; a paragraph, which takes ten times as long to draw, if not."""
        text = printable(text)
        fits = pdfmetrics.stringWidth(text, self._font, _SIZE) <= width
        return text if fits else _paragraph(text, self._body)


class _PagedCanvas(Canvas):  # type: ignore[misc]  # reportlab has no types
    """A canvas whose pages have the person and their number on them: the last page decides how many there are."""

    def __init__(self, paper: Paper, font: str, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._paper, self._font = paper, font
        self._states: list[dict[str, Any]] = []

    def showPage(self) -> None:
        """Keep the page until all are known."""
        self._states.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Number the pages and write the file."""
        for number, state in enumerate(self._states, 1):
            self.__dict__.update(state)
            self._edges(f"{number} / {len(self._states)} ページ")
            super().showPage()
        super().save()

    def _edges(self, number: str) -> None:
        self._line(_HEIGHT - 16 * mm, 15.0, (self._paper.title, ""))
        self._line(_HEIGHT - 16 * mm, 8.0, ("", _SPECIMEN))
        self._line(_HEIGHT - 21 * mm, 8.0, (self._paper.title_en, ""))
        self._line(_HEIGHT - 26 * mm, 10.0, (self._paper.person, ""))
        self._line(10 * mm, 8.0, (self._paper.footer, number))

    def _line(self, height: float, size: float, texts: Sequence[str]) -> None:
        """Draw a text at the left edge, in a smaller size where it would not fit, and one at the right edge."""
        left, right = map(printable, texts)
        width = _CONTENT - self.stringWidth(right, self._font, size)
        fit = min(1.0, width / max(width, self.stringWidth(left, self._font, size)))
        self.setFont(self._font, size * fit)
        self.drawString(_SIDE, height, left)
        self.setFont(self._font, size)
        self.drawRightString(_WIDTH - _SIDE, height, right)


def _tables(groups: Sequence[Group]) -> Iterator[list[Group]]:
    """The groups in portions of one table each: the time that reportlab takes for a table is quadratic in its rows."""
    portion: list[Group] = []
    rows = 0
    for group in groups:
        for start in range(0, len(group.rows), _TABLE_ROWS):
            part = replace(group, rows=group.rows[start : start + _TABLE_ROWS])
            if rows + len(part.rows) > _TABLE_ROWS:
                yield portion
                portion, rows = [], 0
            portion.append(part)
            rows += len(part.rows)
    if portion:
        yield portion


def _style(font: str, size: float, leading: float) -> ParagraphStyle:
    return ParagraphStyle(font, fontName=font, fontSize=size, leading=leading, wordWrap="CJK")


class _Text(Paragraph):  # type: ignore[misc]  # reportlab has no types
    """A paragraph that keeps its spaces: those of Japanese names are full-width ones."""

    def _setup(
        self,
        text: str,
        style: ParagraphStyle,
        bulletText: str | None,
        frags: Any,
        _cleaner: Callable[[str], str],
    ) -> None:
        super()._setup(text, style, bulletText, frags, str)


def _paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    return _Text(escape(printable(text), quote=False), style)
