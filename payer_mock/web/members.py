"""One member: found by number, shown on both time axes, corrected, ended, and her application for a paper."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response
from pydantic import ValidationError

from eligibility_api.contract.codes import ReasonOfLoss
from eligibility_api.contract.days import MAX_DAY_LENGTH, UnreadableDay, parse_day
from eligibility_api.contract.enrolment import CorrectionRequest, EndRequest
from eligibility_api.contract.insurer_ops import (
    MemberHistory,
    MemberSearch,
    PaperApplicationReason,
    PaperApplicationRequest,
)
from payer_mock.clock import day_in_japan
from payer_mock.screens.terms import Text
from payer_mock.web.desk import ROOT, AtDesk, Desk, SenderKey, page
from payer_mock.web.keys import OpenKey
from payer_mock.web.member_view import EDITABLE, MemberView, Moment, faults_of, filled
from screens.web.site import redirect

router = APIRouter(prefix=f"{ROOT}/members")

_SEARCHED = ("symbol", "number", "branch", "birth_date")


async def form_texts(request: Request) -> dict[str, str]:
    """The fields of a form, without spaces around them; a body is small (`screens.web.guard`)."""
    form = await request.form(max_files=0, max_fields=50)
    return {name: value.strip() for name, value in form.items() if isinstance(value, str)}


Texts = Annotated[dict[str, str], Depends(form_texts)]
_DayText = Annotated[str, Query(max_length=MAX_DAY_LENGTH)]


@router.get("")
def form(request: Request, key: SenderKey) -> Response:
    """The form for a search, and what the last one found."""
    return page(request, "members.html", key, found=key.found, values=dict.fromkeys(_SEARCHED, ""), faults={})


@router.post("")
def search(request: Request, key: SenderKey, sent: Texts) -> Response:
    """Search members. The numbers travel in the body, and what is found stays in the session."""
    values = _only(sent, _SEARCHED)
    try:
        asked = MemberSearch.model_validate(filled(values))
    except ValidationError as error:
        faults = faults_of(error)
        return page(request, "members.html", key, status=400, found=None, values=values, faults=faults)
    key.found = key.call(lambda client: client.search_members(asked))
    return redirect(f"{ROOT}/members")


@router.get("/{enrolment_id}")
def member(
    request: Request,
    desk: AtDesk,
    key: SenderKey,
    enrolment_id: UUID,
    *,
    day: _DayText = "",
    known: _DayText = "",
) -> Response:
    """A member's periods, as they are known now and as they were known, with a day and an instant marked."""
    return _member(request, desk, key, enrolment_id, day=day, known=known)


@router.post("/{enrolment_id}/correct")
def correct(request: Request, desk: AtDesk, key: SenderKey, enrolment_id: UUID, sent: Texts) -> Response:
    """Replace the current period by the corrected one."""
    values = _only(sent, EDITABLE)
    view = MemberView(key.call(lambda client: client.member(enrolment_id)))
    try:
        correction = CorrectionRequest.model_validate(
            {"former": view.period_key(), "member": view.items() | _or_none(values)}
        )
    except ValidationError as error:
        return _member(
            request, desk, key, enrolment_id, values=values, faults=faults_of(error), form="correct"
        )
    answer = key.call(lambda client: client.correct_enrolment(correction))
    key.report("member.done.correct")
    return redirect(f"{ROOT}/members/{answer.enrolment_id}")


@router.post("/{enrolment_id}/end")
def end(request: Request, desk: AtDesk, key: SenderKey, enrolment_id: UUID, sent: Texts) -> Response:
    """End the membership: the first uninsured day, and the reason."""
    values = _only(sent, ("lost_on", "reason_of_loss"))
    view = MemberView(key.call(lambda client: client.member(enrolment_id)))
    try:
        ending = EndRequest.model_validate(view.membership_key() | values)
    except ValidationError as error:
        return _member(request, desk, key, enrolment_id, values=values, faults=faults_of(error), form="end")
    key.call(lambda client: client.end_enrolment(ending))
    key.report("member.done.end")
    return redirect(f"{ROOT}/members/{enrolment_id}")


@router.post("/{enrolment_id}/paper")
def apply_for_paper(
    key: SenderKey, enrolment_id: UUID, reason: Annotated[PaperApplicationReason, Form()]
) -> Response:
    """Record her application for a 資格確認書."""
    application = PaperApplicationRequest(enrolment_id=enrolment_id, reason=reason)
    key.call(lambda client: client.apply_for_paper(application))
    key.report("member.done.paper")
    return redirect(f"{ROOT}/members/{enrolment_id}")


def _only(sent: dict[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: sent.get(name, "") for name in names}


def _or_none(values: dict[str, str]) -> dict[str, str | None]:
    """The texts of a form; an empty one is an item that the member does not have."""
    return {name: value or None for name, value in values.items()}


def _member(
    request: Request,
    desk: Desk,
    key: OpenKey,
    enrolment_id: UUID,
    *,
    day: str = "",
    known: str = "",
    values: dict[str, str] | None = None,
    faults: dict[str, Text] | None = None,
    form: str = "",
) -> Response:
    history: MemberHistory = key.call(lambda client: client.member(enrolment_id))
    view = MemberView(history)
    today = day_in_japan(desk.clock())
    moment = Moment.of(_day(day) or today, _day(known), desk.clock())
    return page(
        request,
        "member.html",
        key,
        status=400 if faults else 200,
        view=view,
        moment=moment,
        today=today,
        picture=view.picture(moment),
        answer=view.at(moment),
        values=view.texts() | (values or {}),
        faults=faults or {},
        form=form,
        reasons=list(ReasonOfLoss),
        applications=list(PaperApplicationReason),
    )


def _day(text: str) -> date | None:
    """The day of a text, however it is written; None if it is none."""
    try:
        return parse_day(text) if text else None
    except UnreadableDay:
        return None
