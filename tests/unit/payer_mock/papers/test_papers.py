"""Papers as PDF."""

from __future__ import annotations

import re
import zlib
from base64 import a85decode
from datetime import date
from pathlib import Path

import pytest

from payer_mock.papers.booklets import Made, write_papers
from payer_mock.papers.contents import certificate, notice
from payer_mock.papers.needs import membership
from tests.unit.payer_mock.builders import CELLS, LEFT, line, members_file, row

TODAY = date(2026, 3, 1)
NEEDY = membership(CELLS["symbol"], "2", "00", CELLS["birth_date"])


def texts(pdf: Path) -> str:
    """What stands on the pages of a PDF: compressed, in ASCII85, two bytes a character for its CID fonts."""
    streams = re.findall(rb"stream\s+(.*?)~>\s*endstream", pdf.read_bytes(), re.DOTALL)
    content = b"".join(zlib.decompress(a85decode(stream)) for stream in streams)
    return content.decode("latin-1").replace("\\000", "")


def pages(pdf: Path) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf.read_bytes()))


def test_who_needs_a_certificate_gets_one_and_every_other_present_member_a_notice(tmp_path: Path) -> None:
    file = members_file(
        tmp_path, line(), line(number="2"), line(number="3", **LEFT), line(number="4", sex="F")
    )
    made = write_papers(file, {NEEDY}, tmp_path / "papers", TODAY)
    assert made == Made(certificates=1, notices=1, passed_over=1)
    found = {path.name: pages(path) for path in (tmp_path / "papers").iterdir()}
    assert found == {"eligibility-certificates-0001.pdf": 1, "eligibility-notices-0001.pdf": 1}
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "papers").iterdir()} == {0o600}


def test_a_member_of_the_list_is_found_however_her_symbol_and_number_are_written(tmp_path: Path) -> None:
    file = members_file(tmp_path, line(symbol="架 空", number="２"))
    assert write_papers(file, {NEEDY}, tmp_path, TODAY).certificates == 1


def test_no_needy_member_means_no_file_of_certificates(tmp_path: Path) -> None:
    write_papers(members_file(tmp_path, line()), set(), tmp_path / "papers", TODAY)
    assert [path.name for path in (tmp_path / "papers").iterdir()] == ["eligibility-notices-0001.pdf"]


@pytest.mark.parametrize(
    ("days", "papers"),
    [
        ({}, 1),
        (LEFT, 0),
        (LEFT | {"lost_on": "2026-03-02"}, 1),
        ({"acquired_on": "2026-03-01"}, 1),
        ({"acquired_on": "2026-03-02"}, 0),
    ],
)
def test_papers_are_for_who_is_insured_on_the_day(tmp_path: Path, days: dict[str, str], papers: int) -> None:
    made = write_papers(members_file(tmp_path, line(**days)), set(), tmp_path / "papers", TODAY)
    assert made.notices == papers


def test_the_papers_of_a_former_run_do_not_stay(tmp_path: Path) -> None:
    papers = tmp_path / "papers"
    papers.mkdir()
    for name in ("eligibility-notices-0002.pdf", "eligibility-certificates-0001.pdf", "notes.pdf"):
        (papers / name).touch()
    write_papers(members_file(tmp_path, line()), set(), papers, TODAY)
    assert {path.name for path in papers.iterdir()} == {"eligibility-notices-0001.pdf", "notes.pdf"}


def test_a_character_that_the_fonts_do_not_have_is_marked(tmp_path: Path) -> None:
    one, other = tmp_path / "rare", tmp_path / "marked"
    for folder, name in ((one, "𠮷野　花子"), (other, "●野　花子")):
        write_papers(members_file(tmp_path, line(name=name)), set(), folder, TODAY)
    assert texts(one / "eligibility-notices-0001.pdf") == texts(other / "eligibility-notices-0001.pdf")


def test_a_long_value_is_written_smaller(tmp_path: Path) -> None:
    write_papers(members_file(tmp_path, line(name="架" * 200)), set(), tmp_path / "papers", TODAY)
    sizes = re.findall(r"/F\d\S* ([\d.]+) Tf", texts(tmp_path / "papers" / "eligibility-notices-0001.pdf"))
    assert 0.5 < min(map(float, sizes)) < 2


def test_the_same_members_make_the_same_bytes(tmp_path: Path) -> None:
    file = members_file(tmp_path, line())
    for folder in ("a", "b"):
        write_papers(file, set(), tmp_path / folder, TODAY)
    one, other = (tmp_path / name / "eligibility-notices-0001.pdf" for name in ("a", "b"))
    assert one.read_bytes() == other.read_bytes()


def test_every_page_says_that_it_is_a_specimen(tmp_path: Path) -> None:
    write_papers(members_file(tmp_path, line(), line(number="2")), set(), tmp_path / "papers", TODAY)
    assert texts(tmp_path / "papers" / "eligibility-notices-0001.pdf").count("SYNTHETIC") == 2 * 2


@pytest.mark.parametrize(
    ("ratio", "column", "words"),
    [("10", "burden_ratio", "1割 / 10 %"), ("20", "elderly_burden_ratio", "2割 / 20 %")],
)
def test_the_burden_ratio_stands_on_both_papers(ratio: str, column: str, words: str) -> None:
    cells = row().cells | {column: ratio}
    assert words in dict(certificate(cells).lines).values()
    assert words in dict(notice(cells).lines).values()


def test_a_certificate_shows_the_sex_that_the_certificate_shall_show_and_no_address() -> None:
    lines = dict(certificate(row().cells | {"sex_on_certificate": "3"}).lines)
    assert lines["性別 / sex"] == "— / not shown"
    assert CELLS["address"] not in lines.values()
