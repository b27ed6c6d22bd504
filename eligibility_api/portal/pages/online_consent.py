"""The page of her consent to an online consultation ahead: a choice, then the words, then yes or no."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from eligibility_api.contract.codes import Information
from eligibility_api.contract.consent_versions import Language
from eligibility_api.contract.days import MAX_DAY_LENGTH, UnreadableDay, parse_day
from eligibility_api.contract.durations import MAX_DAYS_AHEAD
from eligibility_api.contract.identifiers import UnreadableIdentifier, institution_code
from eligibility_api.contract.numbers import MAX_IDENTIFIER_LENGTH
from eligibility_api.domain.permits import MAX_OWN_PAGE_CONSENTS
from eligibility_api.portal import online_consents
from eligibility_api.portal.online_consents import ASKED, OnlineConsentPage, Wish
from eligibility_api.portal.pages import permits
from eligibility_api.portal.pages.site import Portal, ThisPortal, Token

router = APIRouter()

_MAX_SEAL_LENGTH = 64


@router.get("/online")
async def offered(request: Request, portal: ThisPortal, token: Token) -> Response:
    """The choice of facility, day and information."""
    return _page(request, portal, await online_consents.offer(portal.fund, token), Wish())


@router.post("/online")
async def chosen(
    request: Request,
    portal: ThisPortal,
    token: Token,
    *,
    act: Annotated[Literal["review", "back", "agree", "refuse"], Form()],
    facility: Annotated[str, Form(max_length=MAX_IDENTIFIER_LENGTH)] = "",
    code: Annotated[str, Form(max_length=MAX_IDENTIFIER_LENGTH)] = "",
    day: Annotated[str, Form(max_length=MAX_DAY_LENGTH)] = "",
    information: Annotated[frozenset[Information], Form()] = frozenset(),
    language: Annotated[Language | None, Form()] = None,
    seal: Annotated[str, Form(max_length=_MAX_SEAL_LENGTH)] = "",
) -> Response:
    """Show the words of a choice; register them if she agrees to these very words."""
    if act == "refuse":
        return await permits.shown(request, portal, token, "not-given")
    wish = Wish(_facility(facility or code), _day(day), information & frozenset(ASKED))
    shown_in = language or Language(portal.display_of(request).language)
    if act == "agree":
        again = await online_consents.give(portal.fund, token, wish, shown_in, seal=seal)
        if again is None:
            return await permits.shown(request, portal, token, "given")
        return _page(request, portal, again, wish)
    page = await online_consents.review(portal.fund, token, wish, shown_in)
    return _page(request, portal, page, wish)


def _page(request: Request, portal: Portal, page: OnlineConsentPage, wish: Wish) -> Response:
    return portal.opened(
        request,
        "online-words.html" if page.statement is not None else "online.html",
        page.session,
        page=page,
        wish=wish,
        asked=ASKED,
        days_ahead=MAX_DAYS_AHEAD,
        limit=MAX_OWN_PAGE_CONSENTS,
    )


def _facility(text: str) -> str:
    """The institution code that was chosen or typed, in any width; one that cannot be meant is no facility's."""
    try:
        return institution_code(text)
    except UnreadableIdentifier:
        return ""


def _day(text: str) -> date | None:
    """The day that was chosen or typed, if there is one."""
    try:
        return parse_day(text) if text.strip() else None
    except UnreadableDay:
        return None
