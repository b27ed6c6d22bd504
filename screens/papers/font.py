"""The font of every paper: Noto Sans JP (SIL Open Font License 1.1), from a locked package.

A PDF embeds TrueType outlines, and the package has PostScript ones (CFF), which are converted here. Only the
characters of one document are: a paper shows a few hundred of the font's 16,700.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from functools import cache
from io import BytesIO

import pylopdf_fonts_jp
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, newTable

REPLACEMENT = "●"
"""Printed for a character that cannot be shown."""

_MAX_ERROR_UNITS = 1.0
"""How far a converted curve may deviate; an em has 1,000 units."""

_KEPT_TABLES = ("CFF ", "OS/2", "cmap", "head", "hhea", "hmtx", "maxp", "name", "post")


@cache
def available() -> Set[int]:
    """The code points that a paper can show: those of the font."""
    with _open() as font:
        return frozenset(font.getBestCmap())


def printable(text: str) -> str:
    """The text with a ● for each character that cannot be shown."""
    return "".join(character if ord(character) in available() else REPLACEMENT for character in text)


def truetype_subset(characters: Iterable[str]) -> bytes:
    """A TrueType font file with the outlines of these characters; the same ones give the same bytes."""
    with _open() as font:
        subsetter = Subsetter(_options(font))
        subsetter.populate(text="".join(characters))
        subsetter.subset(font)
        _convert_outlines(font)
        output = BytesIO()
        font.save(output)
        return output.getvalue()


def _open() -> TTFont:
    return TTFont(pylopdf_fonts_jp.sans_path(), lazy=True, recalcTimestamp=False)


def _options(font: TTFont) -> Options:
    options = Options()
    tables: list[str] = font.keys()  # not a mapping: it cannot be iterated
    options.drop_tables = [tag for tag in tables if tag not in _KEPT_TABLES]
    options.layout_features = []
    options.notdef_outline = True
    return options


def _convert_outlines(font: TTFont) -> None:
    """Replace PostScript by TrueType outlines (OpenType, tables `glyf`, `loca` and `maxp` 1.0)."""
    order, outlines = font.getGlyphOrder(), font.getGlyphSet()
    glyphs = {}
    for name in order:
        pen = TTGlyphPen(None)
        outlines[name].draw(Cu2QuPen(pen, _MAX_ERROR_UNITS, reverse_direction=True))
        glyphs[name] = pen.glyph()
    del font["CFF "]
    font["loca"] = newTable("loca")
    font["glyf"] = table = newTable("glyf")
    table.glyphOrder, table.glyphs = order, glyphs
    maximum = font["maxp"]
    maximum.tableVersion = 0x00010000
    maximum.maxZones = 1
    for unused in (
        "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs", "maxStackElements",
        "maxSizeOfInstructions", "maxComponentElements",
    ):  # fmt: skip
        setattr(maximum, unused, 0)
    font["post"].formatType = 3.0  # without names of glyphs
    font.sfntVersion = "\x00\x01\x00\x00"
