"""The pages of her insurance, and of who looked at what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from pydantic import AwareDatetime

from eligibility_api.audit_log.accesses import LATEST
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.portal import service
from eligibility_api.portal.pages.site import Portal, ThisPortal, Token
from eligibility_api.portal.proofs import export, prove

router = APIRouter()


@router.get("/insurance")
async def insurance(request: Request, portal: ThisPortal, token: Token) -> Response:
    """Her insurance as known, and the way to all other pages."""
    page = await service.insurance(portal.fund, token)
    return portal.opened(request, "insurance.html", page.session, page=page)


@router.get("/accesses")
async def accesses(request: Request, portal: ThisPortal, token: Token) -> Response:
    """Who looked at what and when, newest first."""
    return await _accesses(request, portal, token, LATEST, own=False)


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
    return await _accesses(request, portal, token, until, own=own)


async def _accesses(
    request: Request, portal: Portal, token: str, until: tuple[datetime, UUID], *, own: bool
) -> Response:
    page = await service.accesses(portal.fund, token, until, own=own)
    proofs = await prove(portal.fund, token, [access.record_id for access in page.accesses])
    return portal.opened(request, "accesses.html", page.session, page=page, own=own, proofs=proofs)


@router.post("/accesses/file")
async def download(portal: ThisPortal, token: Token) -> Response:
    """The list with its proofs, as a file that is verified offline."""
    data = await export(portal.fund, token)
    name = f"shikaku-accesses-{day_in_japan(portal.fund.clock()).isoformat()}.jsonl"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type="application/x-ndjson", headers=headers)
