"""The page of the terminal's state (D9): every part with its cause and what to do."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from clinic_terminal.pages.desk.desk import desk_page
from clinic_terminal.pages.site import Session, ThisSite

router = APIRouter(prefix="/desk/state")


@router.get("")
def page(request: Request, site: ThisSite, session: Session) -> Response:
    """Reader, fund, folders and revocation information, by the last reading."""
    return desk_page(request, site, session, "state.html")
