"""The state of the desk, and what all its pages show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from clinic_terminal.console import code_texts, texts
from clinic_terminal.pages.desk.asking import Question
from clinic_terminal.pages.desk.differences import Decision, differences
from clinic_terminal.pages.desk.visit_view import VisitView, mark_of, needs_attention, shape_of, view
from clinic_terminal.pages.session import DeskSession
from clinic_terminal.pages.site import Pages
from clinic_terminal.store.records import Permit, Visit

TABLES = {"alternatives": texts.ALTERNATIVES, "sexes": code_texts.SEX, "fields": texts.MEMBERSHIP_FIELD}
"""The tables of the console that the templates use."""


@dataclass(frozen=True, slots=True)
class Line:
    """A visit in the list. `changed`: how many differences nobody has decided."""

    visit: Visit
    kind: str
    icon: str
    name: str
    kana: str
    mark: str | None
    changed: int


@dataclass(frozen=True, slots=True)
class Listed:
    """Today's list, newest first: the questions that wait, then the visits; how many, and how many need somebody."""

    waiting: Sequence[Question]
    lines: Sequence[Line]
    attention: int


def listed(site: Pages) -> Listed:
    """The list of today."""
    store = site.terminal.store
    visits = store.visits(site.today())
    lines = []
    for visit in reversed(visits):
        shape, enrolment = shape_of(visit), visit.enrolment
        name, kana = ("", "") if enrolment is None else (enrolment.name, enrolment.name_kana or "")
        found = differences(visit, store.charts.find(visit))
        changed = sum(one.decision is Decision.OPEN for one in found)
        lines.append(Line(visit, shape.kind, shape.icon, name, kana, mark_of(visit, changed), changed))
    attention = sum(needs_attention(visit) for visit in visits)
    return Listed(site.asking.waiting()[::-1], lines, attention)


def detail(site: Pages, visit: Visit) -> VisitView:
    """What the desk shows of a visit."""
    return view(visit, site.terminal.store.charts.find(visit), permits(site, visit), site.today())


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
    visit = site.terminal.store.visit(visit_id)
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
    return site.page(request, f"desk/{template}", session, status=status, listed=listed(site), **given)
