"""Every PDF embeds its font as a subset with TrueType outlines: it shows the same everywhere, with no font installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import zlib
from contextlib import closing
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from clinic_terminal.exchange.paper.rendering import pdf_of
from clinic_terminal.messages.codes import FileCategory
from payer_mock.papers.issue import member_key, write_papers
from payer_mock.papers.page import PaperPage, PdfDocument
from tests.builders.clinic.history_results import (
    claim_medicine,
    claim_month,
    history_request,
    history_result,
)
from tests.unit.payer_mock.builders import CELLS, line, members_file

NAMES = [
    "架空　花子",
    "𠮷野　花子",
    "髙﨑　Émile",
    "一丁七万丈三上下不与丑且世丘丙丞両並中串丸丹主乃久之乎乏乗乙九乞也",
]


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A certificates file and a notices file of an insurer, and a clinic's paper of medicines."""
    folder = tmp_path_factory.mktemp("papers")
    many = "".join(map(chr, range(0x4E00, 0x4F80)))  # more than one subset of 256 characters
    lines = [
        line(number=str(number), name=name) for number, name in enumerate([*NAMES, many[:200], many[200:]])
    ]
    needs = {member_key(CELLS["symbol"], "1", "00", CELLS["birth_date"])}
    write_papers(members_file(folder, *lines), needs, folder / "out", date(2026, 3, 1))
    found = sorted((folder / "out").glob("*.pdf"))
    assert [path.name for path in found] == [
        "eligibility-certificates-0001.pdf",
        "eligibility-notices-0001.pdf",
    ]
    medicines = [claim_medicine(name=name) for name in (*NAMES, many[:200], many[200:])]
    result = history_result(claim_month(*medicines))
    clinic = folder / "out" / "medicines.pdf"
    clinic.write_bytes(pdf_of(history_request(FileCategory.PDF), result) or b"")
    return [*found, clinic]


def test_every_font_is_a_subset_of_the_same_one_and_embedded(papers: list[Path]) -> None:
    for paper in papers:
        content = paper.read_bytes()
        names = re.findall(rb"/BaseFont /(\S+)", content)
        assert names
        assert all(re.fullmatch(rb"[A-Z]{6}\+NotoSansJP-Regular", name) for name in names)
        embedded = len(re.findall(rb"/FontFile2 \d+ 0 R", content))
        assert embedded == len(names) == len(re.findall(rb"/Subtype /TrueType", content))


@pytest.mark.skipif(shutil.which("pdffonts") is None, reason="pdffonts (poppler-utils) is not installed")
def test_pdffonts_finds_every_font_embedded_and_subset(papers: list[Path]) -> None:
    for paper in papers:
        command = ["pdffonts", str(paper)]
        output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
        [_, _, *rows] = output.splitlines()
        assert rows
        for row in rows:
            name, *_, embedded, subset, unicode, _, _ = row.split()
            assert name.endswith("+NotoSansJP-Regular")
            assert "TrueType" in row
            assert (embedded, subset, unicode) == ("yes", "yes", "yes")


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed")
def test_the_text_of_a_paper_can_be_read_back(papers: list[Path]) -> None:
    texts = []
    for paper in papers:
        command = ["pdftotext", "-raw", str(paper), "-"]
        text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
        texts.append(text.replace("　", " ").replace("\n", ""))
    of_insurer = "".join(texts[:2])
    for words in (*NAMES, "資格確認書", "資格情報のお知らせ", "見本 SYNTHETIC", "資格取得年月日", "性別"):
        assert words.replace("　", " ") in of_insurer
    for words in (*NAMES, "薬剤情報（レセプト）", "調剤薬局：架空薬局", "架空ジピン", "28日分"):
        assert words.replace("　", " ") in texts[2]


def test_every_character_of_two_papers_with_different_ones_has_an_outline(tmp_path: Path) -> None:
    """The library keeps the first font of a name: the second document must not be drawn with the first one's."""
    for number, name in enumerate(["架空　花子", "髙﨑　Émile"]):
        path = tmp_path / f"{number}.pdf"
        page = PaperPage("資格", "", [("氏名", name)], "注")
        with path.open("wb") as file, closing(PdfDocument(file)) as document:
            document.add(page)
        visible = {character for text in page.texts() for character in text if not character.isspace()}
        outlines = sum(number_of_outlines(font) for font in embedded_fonts(path))
        assert outlines >= len(visible | set("見本SYNTHETIC")) + len(NOTDEF)


NOTDEF = [".notdef"]


def embedded_fonts(pdf: Path) -> list[TTFont]:
    streams = re.findall(rb"/Length (\d+) /Length1 \d+\s*>>\s*stream\r?\n", content := pdf.read_bytes())
    assert streams
    starts = [m.end() for m in re.finditer(rb"/Length \d+ /Length1 \d+\s*>>\s*stream\r?\n", content)]
    return [
        TTFont(BytesIO(zlib.decompress(content[start : start + int(length)])))
        for start, length in zip(starts, streams, strict=True)
    ]


def number_of_outlines(font: TTFont) -> int:
    return sum(1 for name in font.getGlyphOrder() if font["glyf"][name].numberOfContours > 0)
