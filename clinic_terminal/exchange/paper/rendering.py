"""The PDF file in place of a result, where the request asks for one."""

from __future__ import annotations

from clinic_terminal.exchange.paper.contents import checkups_paper, medicines_paper
from clinic_terminal.exchange.paper.drawing import draw
from clinic_terminal.messages.checkups import CheckupRequest, CheckupResult
from clinic_terminal.messages.codes import FileCategory
from clinic_terminal.messages.headers import Message
from clinic_terminal.messages.history import HistoryRequest, HistoryResult

_SUCCESS = "1"
"""ResultCode of a history that was answered."""


def pdf_of(request: Message, result: Message) -> bytes | None:
    """The result as a PDF file; None where none was asked for, or where the result is an error."""
    if isinstance(request, HistoryRequest) and isinstance(result, HistoryResult):
        category = request.body.file_category
        asked = category in {FileCategory.PDF, FileCategory.MEDICINES_AND_TREATMENT_PDF}
        if not asked or result.header.result_code != _SUCCESS:
            return None
        with_treatments = category is FileCategory.MEDICINES_AND_TREATMENT_PDF
        return draw(medicines_paper(result, with_treatments=with_treatments))
    if isinstance(request, CheckupRequest) and isinstance(result, CheckupResult):
        asked = request.body.file_category is FileCategory.PDF
        return draw(checkups_paper(result)) if asked and result.header.result_code == _SUCCESS else None
    return None
