"""The application of the terminal's screens, and its server: a thread of this process, on the loopback address."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from clinic_terminal.pages.endpoints import operators, reader
from clinic_terminal.pages.endpoints.desk import appointments, lookup, online, terminal, visits
from clinic_terminal.pages.endpoints.history import emergencies, entries, views
from clinic_terminal.pages.endpoints.history.opening import MedicalRoleRequired
from clinic_terminal.pages.site import Pages
from eligibility_api.contract.errors import ErrorKind, ShikakuError
from screens.operators import OperatorsError
from screens.web.application import open_site
from screens.web.guard import Guard
from screens.web.server import HOST, config_of
from screens.web.site import RoleRequired


def create_app(site: Pages) -> ASGIApp:
    """The application over this state."""
    app = open_site(
        site,
        operators.router,
        visits.router,
        lookup.router,
        appointments.router,
        online.router,
        terminal.router,
        entries.router,
        emergencies.router,
        views.router,
        reader.router,
    )
    for error in (ShikakuError, OperatorsError, RoleRequired, RequestValidationError, HTTPException):
        app.add_exception_handler(error, _failure)
    # Outside of everything else, so that an unexpected failure has its headers too.
    return Guard(app, larger_bodies={appointments.PATH: appointments.MAX_BYTES})


@contextmanager
def pages(site: Pages, port: int) -> Iterator[str]:
    """Serve until the end of the block; yields the base URL. Port 0: any free port. Raises OSError."""
    with site.reader.running(), socket.create_server((HOST, port), backlog=128) as listener:
        server = uvicorn.Server(config_of(create_app(site)))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="pages", daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
            site.close()


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
