"""The pages around a session: entering a code, closing the pages, language and contrast."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from eligibility_api.contract.durations import CODE_MINUTES
from eligibility_api.domain.own_access import MAX_TYPED_LENGTH
from eligibility_api.portal import service
from eligibility_api.portal.pages.site import FIRST_PAGE, INSURANCE_PAGE, ThisPortal, redirect
from eligibility_api.web.server.client_address import client_address

router = APIRouter()


@router.get("/")
async def code_page(request: Request, portal: ThisPortal) -> Response:
    """Where the code is entered; an open session goes on with its pages."""
    if portal.token_of(request):
        return redirect(INSURANCE_PAGE)
    return portal.page(request, "code.html", problem=None, minutes=CODE_MINUTES)


@router.post("/")
async def open_code(
    request: Request, portal: ThisPortal, code: Annotated[str, Form(max_length=MAX_TYPED_LENGTH)] = ""
) -> Response:
    """Open a code; a session that this browser still has ends. What was typed is not shown again."""
    forwarded = tuple(value for name, value in request.scope["headers"] if name == b"x-forwarded-for")
    peer = request.client.host if request.client is not None else None
    address = client_address(peer, forwarded, portal.fund.settings.proxy_networks)
    token = await service.open_page(portal.fund, code, address, former=portal.token_of(request))
    response = redirect(INSURANCE_PAGE)
    portal.keep_session(response, token)
    return response


@router.post("/end")
async def end(request: Request, portal: ThisPortal) -> Response:
    """Close the pages: the session ends here and in the browser."""
    token = portal.token_of(request)
    if token:
        await service.end(portal.fund, token)
    response = portal.page(request, "ended.html", by_button=True)
    portal.forget_session(response)
    return response


@router.post("/display")
async def choose_display(
    portal: ThisPortal,
    language: Annotated[str, Form(max_length=10)] = "",
    contrast: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Keep language and contrast, and show the first page again; with an open session that is the insurance."""
    response = redirect(FIRST_PAGE)
    portal.keep_display(response, language, contrast)
    return response
