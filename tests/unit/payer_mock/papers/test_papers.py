"""Papers for members as PDF."""

from __future__ import annotations

import re
import zlib
from base64 import a85decode
from datetime import date
from pathlib import Path

import pytest

from payer_mock.papers.contents import certificate, notice
from payer_mock.papers.issue import IssuedPapers, member_key, write_papers
from tests.unit.payer_mock.builders import CELLS, LEFT, line, members_file

pytestmark = pytest.mark.slow

FILLED = {column: cell for column, cell in CELLS.items() if cell}
TODAY = date(2026, 3, 1)
WITHOUT_CARD = member_key(CELLS["symbol"], "2", "00", CELLS["birth_date"])


def texts(pdf: Path) -> str:
    """The content of a PDF's pages, compressed and in ASCII85; ASCII characters are themselves in it."""
    streams = re.findall(rb"stream\s+([!-uz\s]*)~>\s*endstream", pdf.read_bytes())
    return b"".join(zlib.decompress(a85decode(stream)) for stream in streams).decode("latin-1")


def pages(pdf: Path) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf.read_bytes()))


def test_members_without_a_card_get_a_certificate_and_all_other_current_members_a_notice(
    tmp_path: Path,
) -> None:
    file = members_file(
        tmp_path, line(), line(number="2"), line(number="3", **LEFT), line(number="4", sex="F")
    )
    issued = write_papers(file, {WITHOUT_CARD}, tmp_path / "papers", TODAY)
    assert issued == IssuedPapers(certificates=1, notices=1, passed_over=1)
    found = {path.name: pages(path) for path in (tmp_path / "papers").iterdir()}
    assert found == {"eligibility-certificates-0001.pdf": 1, "eligibility-notices-0001.pdf": 1}
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "papers").iterdir()} == {0o600}


def test_a_member_is_matched_however_symbol_and_number_are_written(tmp_path: Path) -> None:
    file = members_file(tmp_path, line(symbol="架 空", number="２"))
    assert write_papers(file, {WITHOUT_CARD}, tmp_path, TODAY).certificates == 1


def test_no_certificates_file_is_written_without_certificates(tmp_path: Path) -> None:
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
def test_papers_are_issued_to_members_insured_on_the_day(
    tmp_path: Path, days: dict[str, str], papers: int
) -> None:
    issued = write_papers(members_file(tmp_path, line(**days)), set(), tmp_path / "papers", TODAY)
    assert issued.notices == papers


def test_papers_of_a_former_run_are_deleted(tmp_path: Path) -> None:
    papers = tmp_path / "papers"
    papers.mkdir()
    for name in ("eligibility-notices-0002.pdf", "eligibility-certificates-0001.pdf", "notes.pdf"):
        (papers / name).touch()
    write_papers(members_file(tmp_path, line()), set(), papers, TODAY)
    assert {path.name for path in papers.iterdir()} == {"eligibility-notices-0001.pdf", "notes.pdf"}


def test_a_character_that_cannot_be_shown_is_replaced(tmp_path: Path) -> None:
    one, other = tmp_path / "rare", tmp_path / "marked"
    for folder, name in ((one, "ก野　花子"), (other, "●野　花子")):
        write_papers(members_file(tmp_path, line(name=name)), set(), folder, TODAY)
    assert texts(one / "eligibility-notices-0001.pdf") == texts(other / "eligibility-notices-0001.pdf")


def test_a_long_value_is_printed_smaller(tmp_path: Path) -> None:
    write_papers(members_file(tmp_path, line(name="架" * 200)), set(), tmp_path / "papers", TODAY)
    sizes = re.findall(r"/F\d\S* ([\d.]+) Tf", texts(tmp_path / "papers" / "eligibility-notices-0001.pdf"))
    assert 0.5 < min(map(float, sizes)) < 2


def test_the_same_members_give_the_same_bytes(tmp_path: Path) -> None:
    file = members_file(tmp_path, line())
    for folder in ("a", "b"):
        write_papers(file, set(), tmp_path / folder, TODAY)
    one, other = (tmp_path / name / "eligibility-notices-0001.pdf" for name in ("a", "b"))
    assert one.read_bytes() == other.read_bytes()


def test_every_page_is_marked_as_a_specimen(tmp_path: Path) -> None:
    write_papers(members_file(tmp_path, line(), line(number="2")), set(), tmp_path / "papers", TODAY)
    assert texts(tmp_path / "papers" / "eligibility-notices-0001.pdf").count("SYNTHETIC") == 2 * 2


@pytest.mark.parametrize(
    ("ratio", "column", "text"),
    [("10", "burden_ratio", "1割"), ("20", "elderly_burden_ratio", "2割")],
)
def test_the_burden_ratio_is_on_both_papers(ratio: str, column: str, text: str) -> None:
    cells = FILLED | {column: ratio}
    assert text in dict(certificate(cells).lines).values()
    assert text in dict(notice(cells).lines).values()


def test_a_certificate_has_the_sex_for_the_certificate_and_no_address() -> None:
    lines = dict(certificate(FILLED | {"sex_on_certificate": "3"}).lines)
    assert lines["性別 / sex"] == "—"
    assert CELLS["address"] not in lines.values()


@pytest.mark.parametrize(
    ("birth_date", "text"),
    [
        ("1985-06-15", "昭和60年（1985年）6月15日"),
        ("1989-01-07", "昭和64年（1989年）1月7日"),
        ("1989-01-08", "平成元年（1989年）1月8日"),
        ("2019-05-01", "令和元年（2019年）5月1日"),
        ("1868-01-24", "1868年1月24日"),
    ],
)
def test_birth_dates_have_their_era_and_other_dates_do_not(birth_date: str, text: str) -> None:
    lines = dict(certificate(FILLED | {"birth_date": birth_date}, "架空健康保険組合").lines)
    assert lines["生年月日 / birth date"] == text
    assert lines["資格取得年月日 / acquired on"] == "2020年4月1日"
    assert lines["保険者名称 / insurer"] == "架空健康保険組合"
