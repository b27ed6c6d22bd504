"""Draws what is printed on a synthetic card: a silhouette as JPEG 2000, texts as PNG in black and white."""

from functools import cache
from io import BytesIO

import pylopdf_fonts_jp
from PIL import Image, ImageDraw, ImageFont

_PHOTO = (60, 76)
_BACKGROUND, _FIGURE = 0xD8, 0x80
_FONT_PIXELS = 24
_MARGIN_PIXELS = 4


@cache
def silhouette() -> bytes:
    """Return the photo of every card, a head and shoulders: 60 x 76 pixels, 8-bit grey, JPEG 2000 (JP2)."""
    image = Image.new("L", _PHOTO, _BACKGROUND)
    draw = ImageDraw.Draw(image)
    draw.ellipse((16, 10, 44, 46), fill=_FIGURE)
    draw.ellipse((3, 52, 57, 104), fill=_FIGURE)
    return _encoded(image, "JPEG2000")


def text_image(text: str, *, line_characters: int = 30) -> bytes:
    """Return a text as printed on the card: black and white (1 bit), PNG, broken into lines of so many characters."""
    starts = range(0, max(len(text), 1), line_characters)
    lines = [text[start : start + line_characters] for start in starts]
    width = _FONT_PIXELS * min(max(len(text), 1), line_characters) + 2 * _MARGIN_PIXELS
    step = _FONT_PIXELS + 2 * _MARGIN_PIXELS
    image = Image.new("1", (width, step * len(lines)), 1)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((_MARGIN_PIXELS, step * number), line, font=_font(), fill=0)
    return _encoded(image, "PNG")


@cache
def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(pylopdf_fonts_jp.sans_path(), _FONT_PIXELS)


def _encoded(image: Image.Image, form: str) -> bytes:
    output = BytesIO()
    image.save(output, form)
    return output.getvalue()
