"""The font of the papers: which characters it has, and the subset that a PDF embeds."""

from __future__ import annotations

from io import BytesIO

import pytest
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont

from screens.papers.font import REPLACEMENT, _open, available, printable, truetype_subset

pytestmark = pytest.mark.slow

WIDTH_OF_AN_IDEOGRAPH = 1000


def font_of(characters: str) -> TTFont:
    return TTFont(BytesIO(truetype_subset(characters)))


@pytest.mark.parametrize(
    "text",
    [
        "架空 花子", "ＡＢＣ１２３", "カクウ　ハナコ", "ｶｸｳ", "令和元年", "髙橋﨑", "①㈱", "〜～－−‐ー・", "Émile", "𠮷野", "●", "本人・家族の別 / relationship",
    ],
)  # fmt: skip
def test_what_japanese_papers_contain_is_printed(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize("character", ["\U000e0100", "\x00", "\n", "\u202e", "ก", "\ue000", "\ud800"])
def test_what_cannot_be_shown_is_replaced(character: str) -> None:
    assert printable(f"架{character}空") == f"架{REPLACEMENT}空"


def test_every_character_of_shift_jis_is_available_except_one() -> None:
    rows = [*range(0x81, 0xA0), *range(0xE0, 0xF0)]
    pairs = [bytes([row, cell]) for row in rows for cell in range(0x40, 0xFD) if cell != 0x7F]
    characters = "".join(pair.decode("shift_jis", errors="ignore") for pair in pairs)
    assert len(characters) > 6800
    assert {character for character in characters if printable(character) != character} == {"≒"}


def test_a_subset_has_truetype_outlines_of_its_characters_only() -> None:
    font = font_of("架空ABC ")
    assert font.sfntVersion == "\x00\x01\x00\x00"
    assert "glyf" in font
    assert "CFF " not in font
    assert set(map(chr, font.getBestCmap())) == set("架空ABC ")
    assert len(font.getGlyphOrder()) == len("架空ABC ") + 1


def test_the_converted_outlines_have_the_extent_and_width_of_the_originals() -> None:
    characters = "架空髙ぁーA見本1"
    with _open() as original, font_of(characters) as converted:
        for character in characters:
            extents = [_extent(font, character) for font in (original, converted)]
            assert all(abs(a - b) <= 2 for a, b in zip(*extents, strict=True)), character
            widths = [font["hmtx"][font.getBestCmap()[ord(character)]][0] for font in (original, converted)]
            assert widths[0] == widths[1]
        assert widths[1] < WIDTH_OF_AN_IDEOGRAPH


def _extent(font: TTFont, character: str) -> tuple[float, float, float, float]:
    glyphs = font.getGlyphSet()
    pen = BoundsPen(glyphs)
    glyphs[font.getBestCmap()[ord(character)]].draw(pen)
    bounds: tuple[float, float, float, float] = pen.bounds
    return bounds


def test_the_same_characters_give_the_same_bytes() -> None:
    assert truetype_subset("架空") == truetype_subset("架空")


def test_rare_ideographs_beyond_16_bits_are_available() -> None:
    assert len([point for point in available() if point > 0xFFFF]) > 600
    assert len(available()) > 13_000
