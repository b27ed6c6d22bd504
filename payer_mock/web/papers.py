"""Who needs a 資格確認書, the list as CSV, and the papers as PDF."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

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

_MAX_LISTED = 5_000
_FORMULA = ("=", "+", "-", "@", "\t")


@router.get("")
def needs(request: Request, key: SenderKey, after: After = None, skip: Skip = 0) -> Response:
    """Who needs one, why, and from which day."""
    return _needs(request, key, _page(key, after), after=after, skip=skip)


@router.get("/list.csv")
def as_csv(key: SenderKey) -> Response:
    """The whole list for a spreadsheet: UTF-8 with BOM, so that every spreadsheet reads the Japanese."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("記号", "番号", "枝番", "生年月日", "理由", "必要になる日", "新規"))
    for need in _all(key):
        reason = PAPER_REASONS[need.reason].partition(" / ")[0]
        row = (
            need.symbol,
            need.number,
            need.branch,
            need.birth_date,
            reason,
            need.needed_from,
            need.new_since,
        )
        writer.writerow([_cell(value) for value in row])
    return _download(text.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", "paper-certificates.csv")


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
    return _download(file.getvalue(), "application/pdf", "eligibility-certificates.pdf")


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


def _all(key: OpenKey) -> Iterable[PaperCertificateNeed]:
    """Every need, page by page, up to a limit that no list for a person reaches."""
    after, listed = None, 0
    while listed < _MAX_LISTED:
        found = _page(key, after)
        yield from found.members
        listed += len(found.members)
        after = found.next
        if after is None:
            return


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


def _download(content: bytes, media_type: str, name: str) -> Response:
    return Response(
        content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
