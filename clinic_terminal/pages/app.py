"""The application of the terminal's screens."""

from __future__ import annotations

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from clinic_terminal.pages import operators
from clinic_terminal.pages.desk import appointments, conditions, lookup, online, visits, visual
from clinic_terminal.pages.history import emergencies, entries
from clinic_terminal.pages.history import routes as history
from clinic_terminal.pages.history.opening import MedicalRoleRequired
from clinic_terminal.pages.reader import pages as reader_pages
from clinic_terminal.pages.site import Pages
from eligibility_api.contract.errors import ErrorKind, ShikakuError
from screens.operators import OperatorsError
from screens.web.guard import Guard
from screens.web.site import RoleRequired, open_site


def create_app(site: Pages) -> ASGIApp:
    """The application over this state."""
    app = open_site(
        site,
        operators.router,
        visits.router,
        lookup.router,
        appointments.router,
        online.router,
        conditions.router,
        visual.router,
        entries.router,
        emergencies.router,
        history.router,
        reader_pages.router,
    )
    for error in (ShikakuError, OperatorsError, RoleRequired, RequestValidationError, HTTPException):
        app.add_exception_handler(error, _failure)
    # Outside of everything else, so that an unexpected failure has its headers too.
    return Guard(app, larger_bodies={appointments.PATH: appointments.MAX_BYTES})


def _failure(request: Request, error: Exception) -> Response:
    """What happened, what to do, and the code; a technical failure is never shown as a refusal."""
    site: Pages = request.app.state.site
    session = site.sessions.find(request.cookies.get(site.session_cookie), is_input=False)
    kind, code, status, sentence = "refusal", "", 400, None
    match error:
        case ShikakuError():
            sentence, code = (error.entry.ja, error.entry.en), error.code
            technical = error.entry.kind is ErrorKind.TECHNICAL
            kind, status = ("technical", 502) if technical else ("refusal", 409)
        case OperatorsError():
            kind, status = "operators", 500
        case MedicalRoleRequired():
            kind, status = "medical-role", 403
        case RoleRequired():
            kind, status = "role", 403
        case HTTPException():
            kind, status = "missing" if error.status_code == 404 else "refusal", error.status_code
    return site.page(request, "failure.html", session, status=status, kind=kind, code=code, sentence=sentence)
