"""The application of the enrolment desk."""

from __future__ import annotations

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from eligibility_api.contract.errors import ErrorKind, ShikakuError
from payer_mock.web import deregistrations, figures, members, mismatches, papers, uploads
from payer_mock.web.desk import ROOT, Desk, current_desk, failure_of, page
from payer_mock.web.keys import KeyClosed
from screens.operators import OperatorsError
from screens.web.application import open_site
from screens.web.guard import Guard
from screens.web.site import RoleRequired, redirect

MAX_FILE_BYTES = 1024**3
"""The largest member file that is accepted: an insurer with millions of members sends several."""


def create_app(desk: Desk) -> ASGIApp:
    """The application over this state."""
    app = open_site(
        desk,
        uploads.router,
        members.router,
        mismatches.router,
        papers.router,
        deregistrations.router,
        figures.router,
    )
    app.add_exception_handler(KeyClosed, _to_log_in)
    for error in (ShikakuError, OperatorsError, RoleRequired, RequestValidationError, HTTPException):
        app.add_exception_handler(error, _failure)
    # Outside of everything else, so that an unexpected failure has its headers too.
    return Guard(app, larger_bodies={f"{ROOT}/uploads": MAX_FILE_BYTES})


def _to_log_in(_request: Request, _error: Exception) -> Response:
    return redirect(f"{ROOT}/login")


def _failure(request: Request, error: Exception) -> Response:
    """What happened, what to do, and the code; a technical failure is never shown as a refusal."""
    key = current_desk(request).find_session(request)
    if isinstance(error, ShikakuError):
        status = 502 if error.entry.kind is ErrorKind.TECHNICAL else 409
        return page(request, "failure.html", key, status=status, **failure_of(error))
    kind, status = "refusal", 400
    match error:
        case OperatorsError():
            kind, status = "operators", 500
        case RoleRequired():
            kind, status = "role", 403
        case HTTPException():
            kind, status = "missing" if error.status_code == 404 else "refusal", error.status_code
    return page(request, "failure.html", key, status=status, kind=kind, code="", sentence=None)
