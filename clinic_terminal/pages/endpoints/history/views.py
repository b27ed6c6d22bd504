"""The pages of a history: medicines, treatments and surgery, check-ups; each closes when the consent ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from clinic_terminal.console import code_texts
from clinic_terminal.console.days import age_on
from clinic_terminal.pages.endpoints.history.opening import Opened, ThisHistory
from clinic_terminal.pages.history.access import View
from clinic_terminal.pages.history.checkups import checkup_table
from clinic_terminal.pages.history.choice import Choice, Months, all_rows, choose
from clinic_terminal.pages.history.choice import Form as ListForm
from clinic_terminal.pages.history.reading import Parts
from clinic_terminal.pages.history.timeline import timeline
from clinic_terminal.pages.site import Pages, ThisSite
from clinic_terminal.queries import medicines
from clinic_terminal.queries.medicines import Overlaps
from eligibility_api.contract.history import Grouping, HealthCheckups, HistoryResource, Medications, Origin
from eligibility_api.contract.treatment_kinds import TREATMENT_KINDS
from screens.web.events import Update
from screens.web.site import redirect

PATIENCE_SECONDS = 1.0
"""A page waits for its data so long; then it shows the seconds instead."""

EVERY_SECONDS = 0.5
"""How often the page that shows the seconds is renewed."""

SLOW_SECONDS = 5
"""From here on the page says that the network is slow."""

router = APIRouter(prefix="/history")


@router.get("/{visit_id}")
def first_view(request: Request, site: ThisSite, history: ThisHistory) -> Response:
    """Medicines: what is read most."""
    return show(request, site, history, View.MEDICINES)


@router.get("/{visit_id}/{view}")
def other_view(request: Request, site: ThisSite, history: ThisHistory, view: View) -> Response:
    """Another part of the history."""
    return show(request, site, history, view)


@router.get("/{visit_id}/{view}/events")
def events(request: Request, site: ThisSite, history: ThisHistory, view: View) -> Response:
    """The seconds of a fetch that lasts, then the way to its page."""

    async def state() -> Update:
        loading = history.reading.is_loading(view)
        seconds = history.reading.seconds(view)
        html = site.fragment(
            request,
            "history/waiting.html",
            seconds=seconds,
            slow=seconds >= SLOW_SECONDS,
            loading=loading,
            target=target(history, view),
        )
        return Update(html, "", last=not loading)

    return site.stream(request, state, EVERY_SECONDS)


@router.post("/{visit_id}/choose")
def choose_rows(
    history: ThisHistory,
    *,
    months: Annotated[Months, Form()] = Months.TWELVE,
    prescriber: Annotated[str, Form(max_length=10)] = "",
    origin: Annotated[Origin | Literal[""], Form()] = "",
    overlaps: Annotated[bool, Form()] = False,
    grouping: Annotated[Grouping, Form()] = Grouping.INGREDIENT,
    form: Annotated[ListForm, Form()] = ListForm.LIST,
) -> Response:
    """Keep which rows the operator wants to see: in the session, never in an address."""
    grouping = Grouping.DATE if grouping is Grouping.DATE else Grouping.INGREDIENT
    history.reading.choice = Choice(months, prescriber, origin or None, overlaps, grouping, form)
    return redirect(history.path)


@router.post("/{visit_id}/close")
def close(site: ThisSite, history: ThisHistory) -> Response:
    """Forget what was read, and go back to the reception's page."""
    site.readings.close(history.session, history.visit.visit_id)
    return redirect("/desk")


def target(history: Opened, view: View) -> str:
    """The address of a view."""
    return history.path if view is View.MEDICINES else f"{history.path}/{view.value}"


def show(request: Request, site: Pages, history: Opened, view: View) -> Response:
    """The page of a view: its rows, why there are none, or the seconds of a fetch that lasts."""
    parts = history.reading.parts(view, PATIENCE_SECONDS)
    values = head(site, history) | {"view": view, "target": target(history, view)}
    if parts is None:
        seconds = history.reading.seconds(view)
        return site.page(
            request,
            "history/slow.html",
            history.session,
            seconds=seconds,
            slow=seconds >= SLOW_SECONDS,
            loading=True,
            **values,
        )
    now = site.terminal.clock()
    shown = [part.until for part in parts.values() if part.page is not None]
    values |= {"parts": parts, **ends(shown, now)}
    values |= _values(request, site, history, view, parts)
    return site.page(request, f"history/{view.value}.html", history.session, **values)


def head(site: Pages, history: Opened) -> dict[str, Any]:
    """What every page of a history shows: the person, the facility, and when this was read."""
    person = history.person
    return {
        "history": history,
        "person": person,
        "age": age_on(person.birth_date, site.today()) if person is not None else None,
        "now": site.terminal.clock(),
        "texts": code_texts,
        "institution_code": site.terminal.funds.call(lambda fund: fund.credential.institution_code) or "",
    }


def ends(shown: Sequence[datetime | None], now: datetime) -> dict[str, Any]:
    """When the page closes: at the first end of what it shows; None if nothing on it ends.

    `shown`: until when each thing on the page may be seen, None: until the consent is withdrawn.
    """
    until = min((one for one in shown if one is not None), default=None)
    return {
        "until": until,
        "seconds_left": int((until - now).total_seconds()) if until is not None else None,
        "is_open": bool(shown),
    }


def _values(request: Request, site: Pages, history: Opened, view: View, parts: Parts) -> dict[str, Any]:
    """What the page of one view shows beside the problems of its parts."""
    match view:
        case View.MEDICINES:
            page = parts[HistoryResource.MEDICATIONS].page
            language = site.display_of(request).language

            def overlap_text(days: int) -> str:
                return site.renderer.texts.get(language, "history.overlap-days", n=days)

            if not isinstance(page, Medications):
                return {"chosen": None}
            return _medicines(page, history.reading.choice, site.today(), overlap_text)
        case View.TREATMENTS:
            return {"kinds": TREATMENT_KINDS}
        case View.CHECKUPS:
            page = parts[HistoryResource.HEALTH_CHECKUPS].page
            return {"table": checkup_table(page.checkups) if isinstance(page, HealthCheckups) else None}


def _medicines(
    page: Medications, choice: Choice, today: date, overlap_text: Callable[[int], str]
) -> dict[str, Any]:
    chosen, overlaps = choose(page, choice), Overlaps(all_rows(page))
    is_drawn = choice.form is ListForm.TIMELINE
    return {
        "chosen": chosen,
        "choice": choice,
        "overlaps": overlaps,
        "timeline": timeline(chosen, overlaps, today, overlap_text) if is_drawn else None,
        "medicine": medicines,
        "months": list(Months),
        "origins": list(Origin),
    }
