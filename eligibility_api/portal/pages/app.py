"""The application of the patient's pages.

Codes and tokens are in bodies and cookies, never in an address, so that no log, history or Referer has one.
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from eligibility_api.contract.durations import CODE_MINUTES
from eligibility_api.contract.errors import ErrorKind, ShikakuError
from eligibility_api.portal.pages import medical, online_consent, opening, permits, records, registration
from eligibility_api.portal.pages.site import Portal, current_portal
from eligibility_api.state import State
from screens.web.guard import Guard

_CODE_PROBLEMS = frozenset({"own-access-code-mistyped", "own-access-code-refused", "own-access-limit"})
_ENDED = frozenset({"own-session-ended"})


def create_pages(fund: Callable[[], State]) -> ASGIApp:
    """The pages below `/portal`, with the checks of host and origin ahead. `fund`: the worker's state."""
    portal = Portal(fund)
    app = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        telemetry={"auto_configure": False},
    )
    app.state.portal = portal
    app.add_route("/assets/{digest}/{name}", portal.assets.respond, methods=["GET"])
    for package in (opening, records, medical, permits, online_consent, registration):
        app.include_router(package.router)
    for error in (ShikakuError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(error, _failure)
    return Guard(app, origin=portal.origin)


async def _failure(request: Request, error: Exception) -> Response:
    """What happened, what to do, and the code; a technical failure is never shown as "not valid"."""
    portal = await current_portal(request)
    error = _expected(error)
    status = error.entry.status
    request.state.problem_code = error.code
    if error.code in _CODE_PROBLEMS:
        return portal.page(request, "code.html", status=status, problem=error.code, minutes=CODE_MINUTES)
    if error.code in _ENDED:
        response = portal.page(request, "ended.html", status=status, by_button=False)
        portal.forget_session(response)
        return response
    technical = error.entry.kind is ErrorKind.TECHNICAL
    return portal.page(request, "failure.html", status=status, code=error.code, technical=technical)


def _expected(error: Exception) -> ShikakuError:
    """The error that a page shows. An unexpected one is logged by the access log, which gets it too."""
    match error:
        case ShikakuError():
            return error
        case HTTPException(status_code=404):
            return ShikakuError("not-found")
        case RequestValidationError() | HTTPException():
            return ShikakuError("request-invalid")
    return ShikakuError("internal")
