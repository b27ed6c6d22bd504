"""The PDF in place of a result: made where it was asked for, and never of an error."""

from __future__ import annotations

import pytest

from clinic_terminal.exchange.paper.rendering import pdf_of
from clinic_terminal.messages.codes import FileCategory
from tests.builders.clinic import history_results as results
from tests.builders.pdf import ReadPdf

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("category", "title"),
    [
        (FileCategory.PDF, "薬剤情報"),
        (FileCategory.XML, None),
        (FileCategory.MEDICINES_AND_TREATMENT_PDF, "薬剤情報・診療情報"),
        (FileCategory.MEDICINES_AND_TREATMENT_XML, None),
    ],
)
def test_the_file_category_decides(category: FileCategory, title: str | None) -> None:
    content = pdf_of(results.history_request(category), results.history_result())
    if title is None:
        assert content is None
        return
    assert content is not None
    [page] = ReadPdf(content).pages()
    assert title in page
    assert "架空降圧錠５ｍｇ「試験」［架空ジピン］" in "".join(page)
    assert ("人工腎臓" in page) == (category is FileCategory.MEDICINES_AND_TREATMENT_PDF)


@pytest.mark.parametrize(("category", "made"), [(FileCategory.PDF, True), (FileCategory.XML, False)])
def test_check_ups_are_printed_where_asked_for(category: FileCategory, made: bool) -> None:
    content = pdf_of(results.checkup_request(category), results.checkup_result())
    assert (content is not None) == made
    assert not made or "収縮期血圧（1回目）" in ReadPdf(content or b"").text()


def test_an_error_is_no_paper() -> None:
    assert (
        pdf_of(results.history_request(FileCategory.PDF), results.history_result(result_code="SHK-4002"))
        is None
    )
    assert (
        pdf_of(results.checkup_request(FileCategory.PDF), results.checkup_result(result_code="SHK-4002"))
        is None
    )


def test_other_messages_have_no_paper() -> None:
    assert pdf_of(results.checkup_request(FileCategory.PDF), results.history_result()) is None


def test_rare_characters_are_printed() -> None:
    name = "𠮷野屋錠●５ｍｇ"
    result = results.history_result(results.claim_month(results.claim_medicine(name=name, ingredient=None)))
    content = pdf_of(results.history_request(FileCategory.PDF), result)
    assert content is not None
    assert name in ReadPdf(content).text()
