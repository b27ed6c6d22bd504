"""The state of the desk, and what all its pages show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fastapi import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from clinic_terminal.console import code_texts, texts
from clinic_terminal.errors import SHOWN_CATALOGUE
from clinic_terminal.pages.desk.visit_view import VisitView, view
from clinic_terminal.pages.session import DeskSession
from clinic_terminal.pages.site import Pages
from clinic_terminal.store.records import Permit, Visit

TABLES = {"alternatives": texts.ALTERNATIVES, "sexes": code_texts.SEX, "fields": texts.MEMBERSHIP_FIELD}
"""The tables of the console that the templates use."""


def detail(site: Pages, visit: Visit) -> VisitView:
    """What the desk shows of a visit."""
    shown = view(visit, site.terminal.store.charts.find(visit), permits(site, visit), site.today())
    is_kept = site.asking.unkept(visit.visit_id) is None
    return shown if is_kept else replace(shown, unkept=SHOWN_CATALOGUE["store-failed"])


def permits(site: Pages, visit: Visit) -> Sequence[Permit]:
    """The consents about the person of a visit that have not ended."""
    enrolment = visit.enrolment
    if enrolment is None:
        return ()
    found = site.terminal.store.permits_for(
        insurer_number=enrolment.insurer_number,
        symbol=enrolment.symbol,
        number=enrolment.number,
        at=site.terminal.clock(),
    )
    return [one for one in found if one.person.birth_date == enrolment.birth_date]


def require_visit(site: Pages, visit_id: str) -> Visit:
    """Today's visit with this id. Raises HTTPException 404."""
    visit = site.visit(visit_id)
    if visit is None:
        raise HTTPException(404)
    return visit


def around(site: Pages) -> dict[str, object]:
    """What stands around the list: the state of the parts, and of the reader."""
    return {"state": site.state.read(), "reader": site.reader.strip}


def desk_page(
    request: Request, site: Pages, session: DeskSession, template: str, *, status: int = 200, **values: object
) -> Response:
    """A page of the desk: the list, and what the template shows."""
    hide_seconds = site.terminal.settings.hide_seconds
    given = {"selected": None, "hide_seconds": hide_seconds, **around(site), **TABLES} | values
    return site.page(
        request, f"desk/{template}", session, status=status, listed=site.todays_list.of(site.today()), **given
    )
