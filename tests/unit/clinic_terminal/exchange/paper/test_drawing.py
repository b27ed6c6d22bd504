"""Papers as PDF: what stands in the paper is on its pages, whatever its length and characters."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from clinic_terminal.exchange.paper.document import Column, Group, Paper, Section
from clinic_terminal.exchange.paper.drawing import draw
from tests.builders.pdf import IDEOGRAPHS, ReadPdf

pytestmark = pytest.mark.slow

COLUMNS = (Column("調剤日", 1), Column("医薬品", 3))
PERSON = "架空　花子（ｶｸｳ ﾊﾅｺ）"
EMPTY = "該当する情報はありません。"


def paper(*groups: Group, person: str = PERSON) -> Paper:
    section = Section("レセプト", COLUMNS, groups, EMPTY)
    return Paper("薬剤情報", "Medicines", person, (section,), "架空診療所")


def rows(count: int) -> list[Sequence[str]]:
    return [(f"{n}番", f"見本錠{n}ｍｇ") for n in range(count)]


def joined(page: Sequence[str]) -> str:
    return "".join(page)


def test_every_row_is_on_the_paper_once_and_in_order() -> None:
    text = ReadPdf(draw(paper(Group("2026年2月", rows(30)), Group("2026年3月", [("99番", "架空散")])))).text()
    assert re.findall(r"(\d+)番", text) == [*map(str, range(30)), "99"]
    assert (
        text.index("2026年2月") < text.index("見本錠29ｍｇ") < text.index("2026年3月") < text.index("架空散")
    )
    assert EMPTY not in text


def test_without_rows_the_paper_has_a_sentence() -> None:
    assert EMPTY in ReadPdf(draw(paper())).text()


@pytest.mark.parametrize(("count", "pages"), [(1, 1), (130, 4)])
def test_a_long_list_continues_on_pages_with_person_headings_and_number(count: int, pages: int) -> None:
    read = ReadPdf(draw(paper(Group("2026年2月", rows(count))))).pages()
    assert len(read) == pages
    for number, page in enumerate(read, 1):
        text = joined(page)
        assert f"{number} / {pages} ページ" in text
        assert PERSON in text
        assert "調剤日" in text
        assert "SYNTHETIC" in text
    assert re.findall(r"(\d+)番", joined(map(joined, read))) == [*map(str, range(count))]  # type: ignore[arg-type]


@pytest.mark.parametrize("length", [200, 4000])
def test_a_long_text_continues_on_further_lines_and_pages(length: int) -> None:
    long = "".join(IDEOGRAPHS[:200]) * (length // 200)
    read = ReadPdf(draw(paper(Group("2026年2月", [("1番", long), ("2番", "架空散")])))).pages()
    drawn = [text for page in read for text in page if text in long]
    assert "".join(drawn) == long
    assert max(map(len, drawn)) < 60


def test_a_text_is_drawn_as_it_is() -> None:
    texts = ["𠮷野", "●田", "<b>太字</b>", "&amp;", "a<br/>b", "100%", "()\\", "髙﨑"]
    [page] = ReadPdf(
        draw(paper(Group("<i>2026年</i>", [(text, text) for text in texts]), person="<𠮷>"))
    ).pages()
    assert {"<i>2026年</i>", "<𠮷>"} <= set(page)
    assert [text for text in page if text in texts] == [text for text in texts for _ in range(2)]


def test_a_wrapped_text_keeps_its_spaces() -> None:
    long = "架空　花子  見本" * 20
    [page] = ReadPdf(draw(paper(Group("2026年2月", [("1番", long)])))).pages()
    wrapped = [line for line in page if "見本" in line and "SYNTHETIC" not in line]
    assert len(wrapped) > 3
    assert all(line in long for line in wrapped)


def test_a_character_that_cannot_be_shown_is_replaced() -> None:
    characters = ["\n", "\x00", "\u202e", "ก", "\U000e0100"]
    cells = [("1番", f"架{character}空") for character in characters]
    drawn = ReadPdf(draw(paper(Group("架\n空", cells), person="架\x00空"))).text()
    assert drawn.count("架●空") == len(characters) + 2


def test_a_long_person_is_drawn_smaller_instead_of_over_the_edge() -> None:
    [page] = ReadPdf(draw(paper(person="架" * 200))).pages()
    assert "架" * 200 in page


def test_the_same_paper_gives_the_same_bytes() -> None:
    assert draw(paper(Group("2026年2月", rows(3)))) == draw(paper(Group("2026年2月", rows(3))))


def test_every_page_has_embedded_fonts() -> None:
    many = "".join(IDEOGRAPHS[:600])
    fonts = ReadPdf(draw(paper(Group(many, rows(1))))).fonts()
    assert len(fonts) == 3
    assert all(font.startswith(b"\x00\x01\x00\x00") for font in fonts)
