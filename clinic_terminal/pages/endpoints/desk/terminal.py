"""The desk's pages about the terminal itself: the state of its parts (D9), and the visual check at its reader (D8, 目視確認)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from clinic_terminal.pages.endpoints.desk.desk import desk_page
from clinic_terminal.pages.site import Session, ThisSite
from screens.web.site import redirect

router = APIRouter(prefix="/desk")


@router.get("/state")
def state(request: Request, site: ThisSite, session: Session) -> Response:
    """Reader, fund, folders and revocation information, by the last reading: each with its cause and what to do."""
    return desk_page(request, site, session, "state.html")


@router.get("/visual")
def visual_check(request: Request, site: ThisSite, session: Session) -> Response:
    """What to compare, the photo with the person whose card waits, and the one button that says that it agrees."""
    return desk_page(request, site, session, "visual.html")


@router.post("/visual")
def confirm_visual_check(site: ThisSite, session: Session) -> Response:
    """Hand the check over to the reader, which goes on with the card; the operator's name is recorded."""
    waited = site.reader.visual_check(session.name)
    session.report("visual.done" if waited else "visual.no-card")
    return redirect("/desk" if waited else "/desk/visual")
