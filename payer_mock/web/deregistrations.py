"""Members who asked on their own page to end the use of their card (rule K6), oldest first."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from eligibility_api.contract.insurer_ops import DeregistrationRequest
from payer_mock.web.desk import ROOT, AtDesk, Key, page
from screens.web.site import redirect

router = APIRouter(prefix=f"{ROOT}/deregistrations")


@router.get("")
def applications(
    request: Request, desk: AtDesk, key: Key, after: Annotated[str | None, Query(max_length=200)] = None
) -> Response:
    """A page of the open applications. One that cannot be granted stays until the member withdraws it."""
    found = key.call(lambda client: client.deregistration_applications(after))
    return page(request, "deregistrations.html", key, found=found, now=desk.clock())


@router.post("")
def deregister(key: Key, member: Annotated[UUID, Form()]) -> Response:
    """Grant an application: the card is used until the end of the next month (rule K4)."""
    key.call(lambda client: client.deregister(DeregistrationRequest(enrolment_id=member)))
    key.report("member.done.deregister")
    return redirect(f"{ROOT}/deregistrations")
