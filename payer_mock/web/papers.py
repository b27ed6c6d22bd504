"""Who needs a 資格確認書, the list as CSV, and the papers as PDF."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response, StreamingResponse

from eligibility_api.contract.insurer_client import InsurerClient
from eligibility_api.contract.insurer_ops import MemberHistory, PaperCertificateNeed, PaperCertificates
from payer_mock.clock import day_in_japan
from payer_mock.papers.contents import certificate
from payer_mock.papers.page import PdfDocument
from payer_mock.screens.terms import PAPER_REASONS
from payer_mock.web.desk import ROOT, AtDesk, SenderKey, page
from payer_mock.web.keys import OpenKey
from payer_mock.web.member_view import MemberView
from payer_mock.web.paging import ROWS_PER_PAGE, After, Skip, page_of

router = APIRouter(prefix=f"{ROOT}/papers")

_FORMULA = ("=", "+", "-", "@", "\t")


@router.get("")
def needs(request: Request, key: SenderKey, after: After = None, skip: Skip = 0) -> Response:
    """Who needs one, why, and from which day."""
    return _needs(request, key, _page(key, after), after=after, skip=skip)


@router.get("/list.csv")
def as_csv(key: SenderKey) -> Response:
    """The whole list for a spreadsheet: UTF-8 with BOM, so that every spreadsheet reads the Japanese.

    It is sent page by page as the fund gives it. A list that the fund breaks off is no whole download: the browser says so.
    """
    first = _page(key, None)  # a refusal is a page, not a download
    return StreamingResponse(
        _csv(_all(key, first)),
        media_type="text/csv; charset=utf-8",
        headers=_attachment("paper-certificates.csv"),
    )


def _csv(pages: Iterable[PaperCertificates]) -> Iterator[bytes]:
    yield "\ufeff".encode() + _line("記号", "番号", "枝番", "生年月日", "理由", "必要になる日", "新規")
    for page_of_needs in pages:
        yield b"".join(
            _line(
                need.symbol,
                need.number,
                need.branch,
                need.birth_date,
                PAPER_REASONS[need.reason].partition(" / ")[0],
                need.needed_from,
                need.new_since,
            )
            for need in page_of_needs.members
        )


def _line(*values: object) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow([_cell(value) for value in values])
    return text.getvalue().encode()


@router.post("/print")
def print_papers(
    request: Request,
    desk: AtDesk,
    key: SenderKey,
    *,
    member: Annotated[list[UUID], Form(max_length=ROWS_PER_PAGE)] = [],  # noqa: B006 - FastAPI copies it
    after: Annotated[str | None, Form(max_length=200)] = None,
    skip: Annotated[int, Form(ge=0, le=10_000)] = 0,
) -> Response:
    """The papers of the chosen members as one PDF, from what the fund has stored of them. Nothing stays here.

    A whole insurer's papers are written by `payer-mock papers`.
    """
    chosen = {str(enrolment_id) for enrolment_id in member}
    found = _page(key, after)
    needing = [need for need in found.members if need.enrolment_id in chosen]
    if not needing:
        return _needs(request, key, found, after=after, skip=skip, fault="papers.none-chosen")
    views = [MemberView(key.call(_member(need))) for need in needing]
    today = day_in_japan(desk.clock())
    file = io.BytesIO()
    document = PdfDocument(file)
    for view in views:
        document.add(certificate(_texts(view.items()) | {"issued_on": today.isoformat()}))
    document.close()
    return Response(
        file.getvalue(), media_type="application/pdf", headers=_attachment("eligibility-certificates.pdf")
    )


def _needs(
    request: Request,
    key: OpenKey,
    found: PaperCertificates,
    *,
    after: str | None,
    skip: int,
    fault: str | None = None,
) -> Response:
    """A part of the fund's page. `fault`: the text about papers that were not made."""
    listed = page_of(found.members, after, skip, found.next)
    return page(
        request,
        "papers.html",
        key,
        status=400 if fault is not None else 200,
        listed=listed,
        since=found.since,
        after=after,
        skip=skip,
        fault=fault,
    )


def _page(key: OpenKey, after: str | None) -> PaperCertificates:
    return key.call(lambda client: client.paper_certificates(after))


def _all(key: OpenKey, first: PaperCertificates) -> Iterator[PaperCertificates]:
    """Every page of the list, from its first one on."""
    found = first
    yield found
    while found.next is not None:
        found = _page(key, found.next)
        yield found


def _member(need: PaperCertificateNeed) -> Callable[[InsurerClient], MemberHistory]:
    return lambda client: client.member(UUID(need.enrolment_id))


def _texts(items: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in items.items() if isinstance(value, str | int)}


def _cell(value: object) -> str:
    """A value as text that no spreadsheet takes for a formula."""
    match value:
        case None:
            return ""
        case bool():
            return "新規" if value else ""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
