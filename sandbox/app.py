"""The application of the console, for browsers on this machine."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox import pages
from sandbox.console import ROOT, Console, current_console, redirect
from sandbox.services import ServiceFailed
from sandbox.signing import SIGN_PATH, Signer, signing_app
from screens.web.guard import Guard


def create_app(console: Console, signer: Signer | None = None) -> ASGIApp:
    """The application over this state. `signer`: lets emulated cards sign for programs."""
    app = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        telemetry={"auto_configure": False},
    )
    app.state.console = console
    app.add_route(f"{ROOT}/assets/{{digest}}/{{name}}", console.assets.respond, methods=["GET"])
    app.add_route("/", lambda _: redirect(ROOT), methods=["GET"])
    app.include_router(pages.router)
    for error in (ServiceFailed, RequestValidationError, HTTPException):
        app.add_exception_handler(error, _failure)
    guarded = Guard(app)
    if signer is None:
        return guarded
    signing = signing_app(signer)

    async def chosen(scope: Scope, receive: Receive, send: Send) -> None:
        is_signing = scope["type"] == "http" and scope["path"] == SIGN_PATH
        await (signing if is_signing else guarded)(scope, receive, send)

    return chosen


def _failure(request: Request, error: Exception) -> Response:
    """Which service does not answer, or that something is not there."""
    status, kind = 400, "refused"
    match error:
        case ServiceFailed(status=None):
            status, kind = 502, error.service
        case ServiceFailed(status=404) | HTTPException(status_code=404):
            status, kind = 404, "missing"
        case HTTPException():
            status = error.status_code
    return current_console(request).page(request, "failure.html", status=status, kind=kind)
