"""The visual check (D8, 目視確認): the operator compared the photo with the person whose card waits in the reader."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from clinic_terminal.pages.desk.desk import desk_page
from clinic_terminal.pages.site import Session, ThisSite
from screens.web.site import redirect

router = APIRouter(prefix="/desk/visual")


@router.get("")
def page(request: Request, site: ThisSite, session: Session) -> Response:
    """What to compare, and the one button that says that it agrees."""
    return desk_page(request, site, session, "visual.html")


@router.post("")
def confirm(site: ThisSite, session: Session) -> Response:
    """Hand the check over to the reader, which goes on with the card; the operator's name is recorded."""
    waited = site.reader.visual_check(session.name)
    session.report("visual.done" if waited else "visual.no-card")
    return redirect("/desk" if waited else "/desk/visual")
