"""The pages of her insurance, and of who looked at what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from pydantic import AwareDatetime

from eligibility_api.audit_log.accesses import LATEST
from eligibility_api.portal import service
from eligibility_api.portal.pages.site import ThisPortal, Token

router = APIRouter()


@router.get("/insurance")
async def insurance(request: Request, portal: ThisPortal, token: Token) -> Response:
    """Her insurance as known, and the way to all other pages."""
    page = await service.insurance(portal.fund, token)
    return portal.opened(request, "insurance.html", page.session, page=page)


@router.get("/accesses")
async def accesses(request: Request, portal: ThisPortal, token: Token) -> Response:
    """Who looked at what and when, newest first."""
    page = await service.accesses(portal.fund, token)
    return portal.opened(request, "accesses.html", page.session, page=page, own=False, first=True)


@router.post("/accesses")
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
