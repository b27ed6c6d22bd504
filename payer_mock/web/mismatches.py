"""The queue of members whom the resident register does not show as the insurer does, oldest first."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from eligibility_api.contract.enrolment import Mismatch, RegisterMatch
from eligibility_api.contract.insurer_ops import ConfirmAnswer, UnlinkRequest
from payer_mock.web.desk import ROOT, AtDesk, Key, SenderKey, page
from payer_mock.web.keys import Role
from payer_mock.web.paging import After
from payer_mock.web.reasons import Reason, fault_of
from screens.web.site import redirect

router = APIRouter(prefix=f"{ROOT}/mismatches")


@router.get("")
def queue(request: Request, desk: AtDesk, key: SenderKey, after: After = None) -> Response:
    """A page of the queue, with the members whom another insurer claimed."""
    found = key.call(lambda client: client.mismatches(after))
    return page(request, "mismatches.html", key, found=found, is_first=after is None, now=desk.clock())


@router.get("/{enrolment_id}")
def one(request: Request, key: Key, enrolment_id: UUID) -> Response:
    """A member whom another insurer insures too: the page on which the approver confirms."""
    return page(request, "contested.html", key, enrolment_id=str(enrolment_id), fault=None, reason="")


@router.post("/{enrolment_id}/confirm")
def confirm(request: Request, key: Key, enrolment_id: UUID, reason: Reason = "") -> Response:
    """Confirm the insurer's items; the approver's confirmation of a contested member has a reason."""
    fault = fault_of(reason) if key.role is Role.APPROVER else None
    if fault is not None:
        asked = {"enrolment_id": str(enrolment_id), "fault": fault, "reason": reason}
        return page(request, "contested.html", key, status=400, **asked)
    given = reason.strip() if key.role is Role.APPROVER else None
    answer = key.call(lambda client: client.confirm_mismatch(enrolment_id, reason=given))
    key.report(f"mismatch.done.{_result(answer)}")
    return redirect(f"{ROOT}/uploads" if key.role is Role.APPROVER else f"{ROOT}/mismatches")


@router.post("/{enrolment_id}/unlink")
def unlink(key: SenderKey, enrolment_id: UUID) -> Response:
    """Turn down the person whom the register proposes under another spelling."""
    key.call(lambda client: client.unlink_person(UnlinkRequest(enrolment_id=enrolment_id)))
    key.report("mismatch.done.unlinked")
    return redirect(f"{ROOT}/mismatches")


def _result(answer: ConfirmAnswer) -> str:
    """What a confirmation resulted in: a person proposed under another spelling is linked by the next one only."""
    if answer.match is RegisterMatch.VARIANT:
        return "linked-variant" if answer.linked else "proposed"
    return "linked" if answer.mismatch is Mismatch.NONE else "confirmed"
