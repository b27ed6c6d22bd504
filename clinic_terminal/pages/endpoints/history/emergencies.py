"""Reading without consent in an emergency (救急時医療情報閲覧): the reason, the second factor, then the history.

Hospitals alone have the right. What is typed is sent once: the one-time password is never kept or shown again.
"""

from __future__ import annotations

import unicodedata
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from clinic_terminal.console import code_texts
from clinic_terminal.pages.endpoints.history.opening import Opened, ThisHistory
from clinic_terminal.pages.endpoints.history.views import head
from clinic_terminal.pages.history.access import RESOURCES, may_read_in_emergencies
from clinic_terminal.pages.site import Pages, ThisSite
from clinic_terminal.queries.emergency import AccessWithoutConsent, emergency_request
from eligibility_api.contract.emergency import EmergencyReason
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.history_query import FULL_HISTORY
from screens.web.site import redirect

MAX_NOTE, MAX_PASSWORD = 200, 20
"""Characters of what is typed; the password's digits may have spaces around them."""

PASSWORD_DIGITS = 6

router = APIRouter(prefix="/history")


@router.get("/{visit_id}/emergency")
def form(request: Request, site: ThisSite, history: ThisHistory) -> Response:
    """The questions. A 404 outside hospitals; where that is not known, the reason why not."""
    try:
        _require_hospital(site)
    except ShikakuError as problem:
        return _page(request, site, history, problem=problem)
    return _page(request, site, history)


@router.post("/{visit_id}/emergency")
def read(
    request: Request,
    site: ThisSite,
    history: ThisHistory,
    *,
    reason: Annotated[EmergencyReason | None, Form()] = None,
    note: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Ask the fund for the permit, and show the history under it."""
    try:
        _require_hospital(site)
    except ShikakuError as problem:
        return _page(request, site, history, reason=reason, note=note, problem=problem)
    code = unicodedata.normalize("NFKC", password).strip() if len(password) <= MAX_PASSWORD else ""
    answer = history.visit.answer
    fault = None
    if reason is None:
        fault = ("reason-unconscious", "history.emergency-no-reason")
    elif not note.strip():
        fault = ("note", "history.emergency-no-note")
    elif len(note) > MAX_NOTE:
        fault = ("note", "history.emergency-long-note")
    elif not (len(code) == PASSWORD_DIGITS and code.isascii() and code.isdecimal()):
        fault = ("password", "history.emergency-password-malformed")
    elif answer is None:
        fault = ("note", "history.emergency-nobody")
    if fault is not None or reason is None or answer is None:
        return _page(request, site, history, reason=reason, note=note, fault=fault)
    every = tuple(resource for resources in RESOURCES.values() for resource in resources)
    access = AccessWithoutConsent(history.operator.name, history.operator.role, every, FULL_HISTORY)
    try:
        asked = emergency_request(answer.record_id, reason, note, code, access)
        permit = site.terminal.funds.call(lambda fund: fund.emergency(asked))
    except ShikakuError as problem:
        return _page(request, site, history, reason=reason, note=note, problem=problem)
    history.reading.read_without_consent(permit)
    return redirect(history.path)


def _require_hospital(site: Pages) -> None:
    """Raises a 404 outside hospitals, and ShikakuError if the fund does not say whether this is one."""
    if not may_read_in_emergencies(site.terminal):
        raise HTTPException(404)


def _page(
    request: Request,
    site: Pages,
    history: Opened,
    *,
    reason: EmergencyReason | None = None,
    note: str = "",
    fault: tuple[str, str] | None = None,
    problem: ShikakuError | None = None,
) -> Response:
    values = head(site, history) | {
        "view": "emergency",
        "until": None,
        "reasons": code_texts.EMERGENCY_REASON,
        "chosen_reason": reason,
        "note": note[:MAX_NOTE],
        "fault": fault,
        "problem": problem,
    }
    status = 422 if fault is not None else 200
    return site.page(request, "history/emergency.html", history.session, status=status, **values)
