"""The page of her consents, and their withdrawal."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from eligibility_api.contract.consent_versions import Language, category_name
from eligibility_api.portal import consents
from eligibility_api.portal.pages.site import Portal, ThisPortal, Token

router = APIRouter()


@router.get("/consents")
async def listed(request: Request, portal: ThisPortal, token: Token) -> Response:
    """Her consents, newest first."""
    return await shown(request, portal, token, None)


@router.post("/consents")
async def withdraw(
    request: Request, portal: ThisPortal, token: Token, permit: Annotated[UUID, Form()]
) -> Response:
    """End a consent: one tap, and at once to be seen in the list."""
    ended = await consents.withdraw(portal.fund, token, permit)
    return await shown(request, portal, token, "withdrawn" if ended else "not-open")


async def shown(request: Request, portal: Portal, token: str, done: str | None) -> Response:
    """Her consents, with what was just done."""
    page = await consents.listed(portal.fund, token)
    language = Language(portal.display_of(request).language)
    return portal.opened(
        request,
        "consents.html",
        page.session,
        page=page,
        done=done,
        name_of=lambda category: category_name(category, language),
    )
