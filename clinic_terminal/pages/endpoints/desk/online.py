"""The page of a day's online consultations: which patients consented, also ahead on their own page (rules W12, W14)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from clinic_terminal.console import code_texts, consents
from clinic_terminal.pages.desk.consultations import Consultation
from clinic_terminal.pages.desk.visit_view import shape_of
from clinic_terminal.pages.endpoints.desk.desk import desk_page
from clinic_terminal.pages.session import DeskSession
from clinic_terminal.pages.site import Pages, Session, ThisSite
from clinic_terminal.store.records import Visit
from eligibility_api.contract.days import MAX_DAY_LENGTH, UnreadableDay, parse_day
from screens.web.site import RoleRequired, redirect

router = APIRouter(prefix="/desk/online")

PATH = "/desk/online"


@router.get("")
def page(request: Request, site: ThisSite, session: Session) -> Response:
    """The form, and the last list of this terminal."""
    return _page(request, site, session)


@router.post("")
def fetch(
    request: Request,
    site: ThisSite,
    session: Session,
    day: Annotated[str, Form()] = "",
) -> Response:
    """List the consents of a day, today by default; the fund records who asked."""
    operator = session.operator
    if operator is None:
        raise RoleRequired
    try:
        on = parse_day(day) if day.strip() else site.today()
    except UnreadableDay:
        return _page(request, site, session, fault=day[:MAX_DAY_LENGTH])
    site.online.fetch(on, operator)
    return redirect(PATH)


def _page(request: Request, site: Pages, session: DeskSession, fault: str | None = None) -> Response:
    last = site.online.last
    rows = [(row, _visit(site, row)) for row in last.rows] if last is not None else []
    day: date | str = last.day if last is not None else site.today()
    return desk_page(
        request,
        site,
        session,
        "online.html",
        status=200 if fault is None else 422,
        fault=fault,
        day=str(day) if fault is None else fault,
        last=last,
        rows=rows,
        shape_of=shape_of,
        category=consents.name,
        bases=code_texts.BASIS,
    )


def _visit(site: Pages, row: Consultation) -> Visit | None:
    """The visit of a row; None if there is none, or its day is over."""
    return site.terminal.store.visit(row.visit_id) if row.visit_id is not None else None
