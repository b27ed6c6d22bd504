"""The font of one document: what is drawn can be read, and no document has the characters of another one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from fontTools.ttLib import TTFont
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from screens.papers.document_font import NAME, document_font
from tests.builders.pdf import IDEOGRAPHS, ReadPdf

pytestmark = pytest.mark.slow


def document(*texts: str) -> bytes:
    output = BytesIO()
    with document_font(texts) as font:
        canvas = Canvas(output, invariant=1, initialFontName=font)
        canvas.setFont(font, 10)
        for text in texts:
            canvas.drawString(10, 10, text)
        canvas.save()
    return output.getvalue()


def test_a_drawn_text_can_be_read_from_the_document() -> None:
    texts = ["架空 花子", "𠮷野", "𠮷𡈽𠀋", "●", "髙﨑①㈱", "ｶｸｳ", "abc ()\\"]
    assert ReadPdf(document(*texts)).pages() == [texts]


def test_more_characters_than_a_font_of_8_bits_holds_can_be_read() -> None:
    text = "".join(IDEOGRAPHS[:700])
    read = ReadPdf(document(text))
    assert read.text() == text
    assert len(read.fonts()) == 4


def test_the_document_embeds_outlines_of_its_own_characters_only() -> None:
    document("別の文書の文字")
    [font] = ReadPdf(document("架空")).fonts()
    assert "glyf" in TTFont(BytesIO(font))
    assert len(font) < 10_000


def test_documents_that_are_drawn_at_the_same_time_have_their_own_characters() -> None:
    texts = [f"{one * 3}𠮷" for one in IDEOGRAPHS[:6]]
    with ThreadPoolExecutor(4) as threads:
        read = [ReadPdf(content).text() for content in threads.map(document, texts)]
    assert read == texts


def test_no_font_stays_registered_even_after_a_failure() -> None:
    before = set(pdfmetrics._dynFaceNames)
    with pytest.raises(RuntimeError), document_font(["架空"]):
        raise RuntimeError
    assert NAME not in pdfmetrics._fonts
    assert set(pdfmetrics._dynFaceNames) == before


def test_the_same_texts_give_the_same_bytes() -> None:
    assert document("架空", "花子") == document("架空", "花子")
