"""Members who asked on their own page to end the use of their card (rule K6), oldest first; the end of a card's use."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from eligibility_api.contract.insurer_ops import DeregistrationRequest
from payer_mock.web.desk import ROOT, AtDesk, SenderKey, page
from payer_mock.web.member_view import MemberView
from payer_mock.web.paging import After, Skip, page_of
from screens.web.site import redirect

router = APIRouter(prefix=f"{ROOT}/deregistrations")


@router.get("")
def applications(
    request: Request, desk: AtDesk, key: SenderKey, after: After = None, skip: Skip = 0
) -> Response:
    """A page of the open applications. One that cannot be granted stays until the member withdraws it."""
    found = key.call(lambda client: client.deregistration_applications(after))
    listed = page_of(found.applications, after, skip, found.next)
    return page(request, "deregistrations.html", key, listed=listed, now=desk.clock())


@router.get("/{enrolment_id}")
def ask(request: Request, key: SenderKey, enrolment_id: UUID) -> Response:
    """Whose card it is, and what happens to it: nobody here can take it back."""
    view = MemberView(key.call(lambda client: client.member(enrolment_id)))
    return page(request, "deregister.html", key, view=view)


@router.post("/{enrolment_id}")
def deregister(key: SenderKey, enrolment_id: UUID) -> Response:
    """End the use of a member's card, at her request, with the end of the next month (rule K4)."""
    key.call(lambda client: client.deregister(DeregistrationRequest(enrolment_id=enrolment_id)))
    key.report("member.done.deregister")
    return redirect(f"{ROOT}/deregistrations")
