"""The page of the cards' registration: renewal, and the application to end the registration."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from eligibility_api.portal import registration
from eligibility_api.portal.pages.site import Portal, ThisPortal, Token

router = APIRouter()


@router.get("/registration")
async def shown(request: Request, portal: ThisPortal, token: Token) -> Response:
    """The registration of her cards."""
    return await _page(request, portal, token, None)


@router.post("/registration")
async def changed(
    request: Request, portal: ThisPortal, token: Token, act: Annotated[Literal["apply", "withdraw"], Form()]
) -> Response:
    """Apply for its end, or withdraw that."""
    change = registration.apply if act == "apply" else registration.withdraw
    done = await change(portal.fund, token)
    return await _page(request, portal, token, f"{act}-done" if done else f"{act}-not")


async def _page(request: Request, portal: Portal, token: str, done: str | None) -> Response:
    page = await registration.show(portal.fund, token)
    return portal.opened(request, "registration.html", page.session, page=page, done=done)
