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
from payer_mock.web.desk import ROOT, AtDesk, Key, page
from payer_mock.web.keys import OpenKey
from payer_mock.web.member_view import MemberView

router = APIRouter(prefix=f"{ROOT}/papers")

MAX_PAPERS = 100
"""Papers of one request; a whole insurer's are written by `payer-mock papers`."""

_MAX_LISTED = 5_000
_FORMULA = ("=", "+", "-", "@", "\t")


@router.get("")
def needs(request: Request, key: Key, after: str | None = None) -> Response:
    """Who needs one, why, and from which day."""
    found = _page(key, after)
    return page(request, "papers.html", key, found=found, after=after, max_papers=MAX_PAPERS)


@router.get("/list.csv")
def as_csv(key: Key) -> Response:
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
    key: Key,
    member: Annotated[list[UUID], Form(max_length=MAX_PAPERS)] = [],  # noqa: B006 - FastAPI copies it
    after: Annotated[str | None, Form(max_length=200)] = None,
) -> Response:
    """The papers of the chosen members as one PDF, from what the fund has stored of them. Nothing stays here."""
    chosen = {str(enrolment_id) for enrolment_id in member}
    needing = [need for need in _page(key, after).members if need.enrolment_id in chosen]
    if not needing:
        found = _page(key, None)
        return page(
            request,
            "papers.html",
            key,
            status=400,
            found=found,
            after=None,
            max_papers=MAX_PAPERS,
            fault=True,
        )
    views = [MemberView(key.call(_member(need))) for need in needing]
    today = day_in_japan(desk.clock())
    file = io.BytesIO()
    document = PdfDocument(file)
    for view in views:
        document.add(certificate(_texts(view.items()) | {"issued_on": today.isoformat()}))
    document.close()
    return _download(file.getvalue(), "application/pdf", "eligibility-certificates.pdf")


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
