"""The page of tomorrow's appointments (D7): the table comes in, its progress, the results, and the table goes out."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Path, Query, Request, UploadFile
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from clinic_terminal.bilingual import Bilingual
from clinic_terminal.console import code_texts, outcomes, texts
from clinic_terminal.errors import SHOWN_CATALOGUE
from clinic_terminal.pages.desk.batch import Batch, results_csv
from clinic_terminal.pages.endpoints.desk.desk import desk_page, detail
from clinic_terminal.pages.session import DeskSession
from clinic_terminal.pages.site import Pages, Session, ThisSite
from clinic_terminal.queries.appointments import Appointment, ChangeStatus
from clinic_terminal.queries.burden import lacks_burden
from clinic_terminal.queries.csv_table import TableError, parse_table
from clinic_terminal.store.records import Visit, Way
from eligibility_api.contract.batches import MAX_ROWS
from eligibility_api.contract.days import MAX_DAY_LENGTH, UnreadableDay, parse_day
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.errors import ErrorKind
from screens.web.events import Update
from screens.web.site import redirect

router = APIRouter(prefix="/desk/appointments")

PATH = "/desk/appointments"
MAX_BYTES = 4 * 1024 * 1024
"""The largest table that is accepted."""

MAX_SHOWN = 500
"""Rows on one page."""

_PAUSE_SECONDS = 0.5

STATUS_SHAPES = {
    ChangeStatus.OK: ("valid", "check"),
    ChangeStatus.CHANGED: ("tint", "changed"),
    ChangeStatus.TO_ASK: ("several", "question"),
}
"""Class and icon of each status."""


@router.get("")
def page(
    request: Request,
    site: ThisSite,
    session: Session,
    after: Annotated[int, Query(ge=0, le=MAX_ROWS)] = 0,
) -> Response:
    """The form, and the last batch of this terminal with its progress or results, from the row after `after`."""
    return _page(request, site, session, after=after)


@router.post("")
async def send(
    request: Request,
    site: ThisSite,
    session: Session,
    *,
    file: Annotated[UploadFile | None, File()] = None,
    day: Annotated[str, Form()] = "",
) -> Response:
    """Send the table of a file as one batch; another one only when this one has ended."""
    data = await file.read() if file is not None else b""
    return await run_in_threadpool(_send, request, site, session, data, day)


@router.get("/events")
async def events(request: Request, site: ThisSite, _: Session) -> Response:
    """How far the batch is, until it has ended."""

    async def fetch() -> Update:
        batch = site.batch
        # Before it is rendered: a batch that ends meanwhile is sent once more, with its results.
        has_ended = batch is None or batch.done
        html = await run_in_threadpool(lambda: site.fragment(request, "desk/_batch.html", **_values(batch)))
        return Update(html, last=has_ended)

    return site.stream(request, fetch, _PAUSE_SECONDS)


@router.get("/results")
def export(site: ThisSite, _: Session) -> Response:
    """The results as CSV."""
    batch = site.batch
    if batch is None or not batch.done or batch.problem is not None:
        raise HTTPException(404)
    words = {status: row.text for status, row in outcomes.CHANGE_STATUS.items()}
    headers = {"Content-Disposition": f'attachment; filename="results-{batch.day.isoformat()}.csv"'}
    return Response(results_csv(batch.rows, words), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/{batch_id}/{number}")
def one(
    request: Request,
    site: ThisSite,
    session: Session,
    batch_id: str,
    number: Annotated[int, Path(ge=0, le=MAX_ROWS)],
) -> Response:
    """The whole answer about one row of the last batch, as of its day: what changes in the chart, and what to ask."""
    batch = site.batch
    if batch is None or batch.batch_id != batch_id or number >= len(batch.rows):
        raise HTTPException(404)
    row = batch.rows[number]
    if not isinstance(row.answer, EligibilityAnswer):
        raise HTTPException(404)
    # Not kept: nobody is here yet.
    visit = Visit(visit_id="", at=site.terminal.clock(), way=Way.NUMBER, as_of=batch.day, answer=row.answer)
    chart = site.terminal.store.charts.find(visit)
    return desk_page(
        request,
        site,
        session,
        "appointment.html",
        row=row,
        question=None,
        view=detail(site, visit),
        chart_day=chart.day.isoformat() if chart is not None else "",
    )


def reason(row: Appointment) -> Bilingual | None:
    """Why somebody is to be asked, or what is missing; None where nothing is to be done."""
    if row.code == "request-invalid":  # the row itself: nothing was asked
        return outcomes.PROBLEM[ErrorKind.REQUEST].text
    if row.code is not None:
        entry = SHOWN_CATALOGUE.get(row.code)
        return Bilingual(entry.ja, entry.en) if entry is not None else None
    if row.answer is None:
        return None
    if lacks_burden(row.answer):
        return texts.BURDEN_MISSING
    head = outcomes.VALIDITY[row.answer.validity]
    return (
        Bilingual(f"{head.text.ja}　{head.advice.ja}", f"{head.text.en}. {head.advice.en}")
        if head.advice
        else None
    )


def _send(request: Request, site: Pages, session: DeskSession, data: bytes, day: str) -> Response:
    try:
        on = parse_day(day) if day.strip() else site.today() + timedelta(days=1)
    except UnreadableDay:
        fault = ("day", site.text(request, "lookup.fault-as_of"))
        return _page(request, site, session, day=day, fault=fault)
    try:
        table = parse_table(data, "tag", MAX_ROWS)
    except TableError as error:
        text = error.text.ja if site.display_of(request).language == "ja" else error.text.en
        return _page(request, site, session, day=day, fault=("file", text))
    if not site.begin_batch(table, on):
        raise HTTPException(409)
    return redirect(PATH)


def _page(
    request: Request,
    site: Pages,
    session: DeskSession,
    *,
    after: int = 0,
    day: str = "",
    fault: tuple[str, str] | None = None,
) -> Response:
    return desk_page(
        request,
        site,
        session,
        "appointments.html",
        status=422 if fault else 200,
        fault=fault,
        day=day[:MAX_DAY_LENGTH] or (site.today() + timedelta(days=1)).isoformat(),
        **_values(site.batch, after),
    )


def _values(batch: Batch | None, after: int = 0) -> dict[str, Any]:
    rows = batch.rows if batch is not None else ()
    first = after if after < len(rows) else 0
    return {
        "batch": batch,
        "after": first,
        "rows": rows[first : first + MAX_SHOWN],
        "shapes": STATUS_SHAPES,
        "statuses": outcomes.CHANGE_STATUS,
        "reason": reason,
        "sexes": code_texts.SEX,
    }
