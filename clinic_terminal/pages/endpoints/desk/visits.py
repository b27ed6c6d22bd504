"""The list of today's visits (D1) and the detail of one (D2 to D5), kept up to date by push."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from clinic_terminal.errors import TerminalError
from clinic_terminal.pages.desk.asking import Question, TooManyQuestions
from clinic_terminal.pages.desk.differences import Decision, charted, is_newest
from clinic_terminal.pages.desk.visit_view import membership_of
from clinic_terminal.pages.endpoints.desk.desk import TABLES, around, desk_page, detail, require_visit
from clinic_terminal.pages.site import Pages, Session, ThisSite, clock_time
from clinic_terminal.queries.membership import parse_request
from clinic_terminal.queries.number_lookup import LookupRequest
from clinic_terminal.store.records import Visit
from eligibility_api.contract.days import MAX_DAY_LENGTH, UnreadableDay, parse_day
from eligibility_api.contract.membership import MembershipQuery
from screens.web.events import Update, follow
from screens.web.site import redirect

router = APIRouter(prefix="/desk")

SLOW_SECONDS = 5
"""From then on the desk may use the other ways, and the page says so."""

_LIST_SECONDS, _DETAIL_SECONDS = 1.0, 0.25
"""Pauses between two readings of what changed."""


@router.get("")
def today(request: Request, site: ThisSite, session: Session) -> Response:
    """Today's list, without a detail."""
    return desk_page(request, site, session, "visits.html")


@router.get("/events")
async def list_events(request: Request, site: ThisSite, _: Session, selected: str = "") -> Response:
    """The list as it changes; a new visit is announced without a name."""
    known: set[str] | None = None

    async def fetch() -> Update:
        nonlocal known
        found = await run_in_threadpool(site.todays_list.of, site.today())
        visits = {line.visit.visit_id for line in found.lines}
        # The first list is the one of the page; of a later one, what no update has announced.
        new = len(visits - known) if known is not None else 0
        known = visits
        html = await run_in_threadpool(
            lambda: site.fragment(request, "desk/_list.html", listed=found, selected=selected, **around(site))
        )
        spoken = site.text(request, "list.new", count=new) if new else ""
        return Update(html, spoken)

    return site.stream(request, fetch, _LIST_SECONDS)


@router.get("/visits/{visit_id}")
def one(request: Request, site: ThisSite, session: Session, visit_id: str) -> Response:
    """A visit, or the question that waits for its answer."""
    shown = _shown(site, visit_id)
    return desk_page(request, site, session, "visits.html", selected=visit_id, **shown)


@router.get("/visits/{visit_id}/events")
async def visit_events(request: Request, site: ThisSite, session: Session, visit_id: str) -> Response:
    """The seconds of a question, until its answer is there."""
    announced = ""

    async def fetch() -> Update:
        nonlocal announced
        try:
            shown = await run_in_threadpool(_shown, site, visit_id)
        except HTTPException:
            return follow(f"/desk/visits/{visit_id}")  # its page says why it is not there
        html = await run_in_threadpool(
            lambda: site.fragment(request, "desk/_detail.html", session=session, **TABLES, **shown)
        )
        text, before = _spoken(request, site, shown), announced
        announced = text
        return Update(html, text if text != before else "", last=shown["question"] is None)

    return site.stream(request, fetch, _DETAIL_SECONDS)


@router.post("/visits/{visit_id}/again")
def ask_again(
    request: Request, site: ThisSite, session: Session, visit_id: str, day: Annotated[str, Form()] = ""
) -> Response:
    """Ask once more with the same numbers, for the same day or another one."""
    visit = require_visit(site, visit_id)
    fields = membership_of(visit)
    if fields is None:
        raise HTTPException(409)
    membership = parse_request(MembershipQuery, fields)
    try:
        as_of = parse_day(day) if day.strip() else visit.as_of
    except UnreadableDay:
        shown = _shown(site, visit_id) | {"typed_day": day[:MAX_DAY_LENGTH]}
        return desk_page(request, site, session, "visits.html", status=422, selected=visit_id, **shown)
    lookup = LookupRequest(as_of, visit.limit_certificate)
    try:
        return redirect(f"/desk/visits/{site.asking.ask(membership, lookup, session.name)}")
    except TooManyQuestions as error:
        raise TerminalError("web-overloaded") from error


@router.post("/visits/{visit_id}/differences")
def decide(
    site: ThisSite,
    session: Session,
    visit_id: str,
    item: Annotated[str, Form(max_length=100)],
    decision: Annotated[str, Form(max_length=20)],
) -> Response:
    """Take over an item into the chart, keep the chart's, or undo either; ● is never taken over."""
    site.asking.keep_again(visit_id)
    with site.terminal.store.transaction():
        _decide(site, require_visit(site, visit_id), item, decision)
    session.report(f"difference.done-{decision}")
    return redirect(f"/desk/visits/{visit_id}")


@router.post("/visits/{visit_id}/choose")
def choose(
    site: ThisSite, session: Session, visit_id: str, number: Annotated[int, Form(ge=0, le=99)]
) -> Response:
    """Choose which of several results goes to the chart."""
    site.asking.keep_again(visit_id)
    with site.terminal.store.transaction():
        visit = require_visit(site, visit_id)
        if visit.answer is None or number >= len(visit.answer.results):
            raise HTTPException(409)
        chosen = visit.model_copy(update={"chosen": number, "taken_over": {}, "kept": ()})
        site.terminal.store.change_visit(site.terminal.store.charts.meet(chosen))
    session.report("several.chosen")
    return redirect(f"/desk/visits/{visit_id}")


def _decide(site: Pages, visit: Visit, item: str, decision: str) -> None:
    """Change chart and visit by what was decided about an item. Raises HTTPException."""
    chart = site.terminal.store.charts.find(visit)
    found = next((one for one in detail(site, visit).differences if one.label.ja == item), None)
    if chart is None or found is None or found.decision is Decision.BLOCKED or not is_newest(visit, chart):
        raise HTTPException(409)
    taken, kept, texts = dict(visit.taken_over), set(visit.kept), charted(chart)
    if item in taken:
        texts[item] = taken.pop(item)
    kept.discard(item)
    match decision:
        case "take-over":
            taken[item], texts[item] = found.chart, found.now.ja
        case "keep":
            kept.add(item)
        case "undo":
            pass
        case _:
            raise HTTPException(422)
    if texts != charted(chart):
        site.terminal.store.charts.change(visit, texts, site.today())
    site.terminal.store.change_visit(
        visit.model_copy(update={"taken_over": taken, "kept": tuple(sorted(kept))})
    )


def _shown(site: Pages, visit_id: str) -> dict[str, Any]:
    """The values of the detail: a question with its seconds, or a visit. Raises HTTPException 404.

    `typed_day`: what cannot be read as the other day for which to ask again.
    """
    question = site.asking.find(visit_id)
    if question is not None:
        return _waiting(site, question)
    visit = require_visit(site, visit_id)
    chart = visit.chart or site.terminal.store.charts.find(visit)
    return {
        "question": None,
        "typed_day": "",
        "view": detail(site, visit),
        "chart_day": chart.day.isoformat() if chart is not None else "",
    }


def _waiting(site: Pages, question: Question) -> dict[str, Any]:
    seconds = site.asking.seconds(question)
    return {"question": question, "seconds": seconds, "slow": seconds >= SLOW_SECONDS, "view": None}


def _spoken(request: Request, site: Pages, shown: dict[str, Any]) -> str:
    """What a screen reader says: the state with its time and no name; of a question only that it is slow."""
    if shown["question"] is not None:
        return site.text(request, "slow.said", seconds=SLOW_SECONDS) if shown["slow"] else ""
    visit: Visit = shown["view"].visit
    return f"{clock_time(visit.at)} {site.text(request, shown['view'].shape.word)}"
