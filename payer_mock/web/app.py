"""The application of the enrolment desk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from eligibility_api.contract.errors import ErrorKind, ShikakuError
from payer_mock.web import figures, log_in, members, mismatches, papers, uploads
from payer_mock.web.desk import (
    ROOT,
    SESSION_COOKIE,
    Desk,
    LogInRequired,
    RoleRequired,
    failure_of,
    page,
    redirect,
)
from payer_mock.web.keys import KeyClosed
from screens.operators import OperatorsError
from screens.web.guard import Guard

MAX_FILE_BYTES = 1024**3
"""The largest member file that is accepted: an insurer with millions of members sends several."""

_SWEEP_SECONDS = 15.0


def create_app(desk: Desk) -> ASGIApp:
    """The application over this state."""
    app = FastAPI(lifespan=_lifespan, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.desk = desk
    app.add_route(f"{ROOT}/assets/{{digest}}/{{name}}", desk.assets.respond, methods=["GET"])
    app.add_route("/", lambda _: redirect(ROOT), methods=["GET"])
    for module in (log_in, uploads, members, mismatches, papers, figures):
        app.include_router(module.router)
    app.add_exception_handler(LogInRequired, _to_log_in)
    app.add_exception_handler(KeyClosed, _to_closed_log_in)
    for error in (ShikakuError, OperatorsError, RoleRequired, RequestValidationError, HTTPException):
        app.add_exception_handler(error, _failure)
    # Outside of everything else, so that an unexpected failure has its headers too.
    return Guard(app, larger_bodies={f"{ROOT}/uploads": MAX_FILE_BYTES})


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Drops keys whose session is over, and every key at the end."""
    desk: Desk = app.state.desk

    async def sweep() -> None:
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            desk.sessions.sweep()

    sweeping = asyncio.create_task(sweep())
    try:
        yield
    finally:
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping
        desk.sessions.end_all()


def _to_log_in(_request: Request, error: Exception) -> Response:
    assert isinstance(error, LogInRequired)
    return redirect(f"{ROOT}/login?next={error.path}")


def _failure(request: Request, error: Exception) -> Response:
    """What happened, what to do, and the code; a technical failure is never shown as a refusal."""
    desk: Desk = request.app.state.desk
    key = desk.sessions.find(request.cookies.get(SESSION_COOKIE), is_input=False)
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


def _to_closed_log_in(_request: Request, _error: Exception) -> Response:
    return redirect(f"{ROOT}/login")
