"""The application of the patient's pages: code, insurance, list of accesses, end.

Codes and tokens are in bodies and cookies, never in an address, so that no log, history or Referer has one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, Form, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import AwareDatetime
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from eligibility_api.audit_log.accesses import LATEST
from eligibility_api.contract.errors import ErrorKind, ShikakuError
from eligibility_api.domain.own_access import MAX_TYPED_LENGTH
from eligibility_api.portal import service
from eligibility_api.portal.pages.site import FIRST_PAGE, INSURANCE_PAGE, Portal, redirect
from eligibility_api.state import State
from eligibility_api.web.server.client_address import client_address
from screens.web.guard import Guard

_CODE_PROBLEMS = frozenset({"own-access-code-mistyped", "own-access-code-refused", "own-access-limit"})
_ENDED = frozenset({"own-session-ended"})


def create_pages(fund: Callable[[], State]) -> ASGIApp:
    """The pages below `/portal`, with the checks of host and origin ahead. `fund`: the worker's state."""
    portal = Portal(fund)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.portal = portal
    app.add_route("/assets/{digest}/{name}", portal.assets.respond, methods=["GET"])
    for path, endpoint, methods in (
        ("/", code_page, ["GET"]),
        ("/", open_code, ["POST"]),
        ("/insurance", insurance, ["GET"]),
        ("/accesses", accesses, ["GET"]),
        ("/accesses", older_accesses, ["POST"]),
        ("/end", end, ["POST"]),
        ("/display", choose_display, ["POST"]),
    ):
        app.add_api_route(path, endpoint, methods=methods, response_model=None)
    for error in (ShikakuError, RequestValidationError, HTTPException):
        app.add_exception_handler(error, _failure)
    return Guard(app, origin=portal.origin)


async def current_portal(request: Request) -> Portal:
    """FastAPI dependency: the pages' own state."""
    portal = request.app.state.portal
    assert isinstance(portal, Portal)
    return portal


async def current_token(request: Request) -> str:
    """FastAPI dependency: the session's token. Raises `own-session-ended` where the browser has none."""
    token = (await current_portal(request)).token_of(request)
    if not token:
        raise ShikakuError("own-session-ended")
    return token


ThisPortal = Annotated[Portal, Depends(current_portal)]
Token = Annotated[str, Depends(current_token)]


async def code_page(request: Request, portal: ThisPortal) -> Response:
    """Where the code is entered; an open session goes on with its pages."""
    if portal.token_of(request):
        return redirect(INSURANCE_PAGE)
    return portal.page(request, "code.html", problem=None)


async def open_code(
    request: Request, portal: ThisPortal, code: Annotated[str, Form(max_length=MAX_TYPED_LENGTH)] = ""
) -> Response:
    """Open a code. What was typed is not shown again."""
    forwarded = tuple(value for name, value in request.scope["headers"] if name == b"x-forwarded-for")
    peer = request.client.host if request.client is not None else None
    address = client_address(peer, forwarded, portal.fund.settings.proxy_networks)
    token = await service.open_page(portal.fund, code, address)
    response = redirect(INSURANCE_PAGE)
    portal.keep_session(response, token)
    return response


async def insurance(request: Request, portal: ThisPortal, token: Token) -> Response:
    """Her insurance as known, and the way to all other pages."""
    page = await service.insurance(portal.fund, token)
    return portal.opened(request, "insurance.html", page.session, page=page)


async def accesses(request: Request, portal: ThisPortal, token: Token) -> Response:
    """Who looked at what and when, newest first."""
    page = await service.accesses(portal.fund, token)
    return portal.opened(request, "accesses.html", page.session, page=page, own=False, first=True)


async def older_accesses(
    request: Request,
    portal: ThisPortal,
    token: Token,
    *,
    at: Annotated[AwareDatetime | None, Form()] = None,
    record: Annotated[UUID | None, Form()] = None,
    own: Annotated[bool, Form()] = False,
) -> Response:
    """The accesses before one of the list, or with her own looks at these pages."""
    until: tuple[datetime, UUID] = (at, record) if at is not None and record is not None else LATEST
    page = await service.accesses(portal.fund, token, until, own=own)
    return portal.opened(request, "accesses.html", page.session, page=page, own=own, first=until is LATEST)


async def end(request: Request, portal: ThisPortal) -> Response:
    """Close the pages: the session ends here and in the browser."""
    token = portal.token_of(request)
    if token:
        await service.end(portal.fund, token)
    response = portal.page(request, "ended.html", by_button=True)
    portal.forget_session(response)
    return response


async def choose_display(
    portal: ThisPortal,
    language: Annotated[str, Form(max_length=10)] = "",
    contrast: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Keep language and contrast, and show the first page again; with an open session that is the insurance."""
    response = redirect(FIRST_PAGE)
    portal.keep_display(response, language, contrast)
    return response


async def _failure(request: Request, error: Exception) -> Response:
    """What happened, what to do, and the code; a technical failure is never shown as "not valid"."""
    portal = await current_portal(request)
    if not isinstance(error, ShikakuError):
        missing = isinstance(error, HTTPException) and error.status_code == 404
        status = error.status_code if isinstance(error, HTTPException) else 422
        code = "not-found" if missing else "request-invalid"
        error = ShikakuError(code)
    else:
        status = error.entry.status
    request.state.problem_code = error.code
    if error.code in _CODE_PROBLEMS:
        return portal.page(request, "code.html", status=status, problem=error.code)
    if error.code in _ENDED:
        response = portal.page(request, "ended.html", status=status, by_button=False)
        portal.forget_session(response)
        return response
    technical = error.entry.kind is ErrorKind.TECHNICAL
    return portal.page(request, "failure.html", status=status, code=error.code, technical=technical)
