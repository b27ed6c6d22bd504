"""A look-up by the numbers of a certificate (D6), and the branch that it lacked (D4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from clinic_terminal.errors import TerminalError
from clinic_terminal.pages.desk.asking import TooManyQuestions
from clinic_terminal.pages.endpoints.desk.desk import desk_page, require_visit
from clinic_terminal.pages.session import DeskSession
from clinic_terminal.pages.site import Pages, Session, ThisSite, era_day
from clinic_terminal.queries.membership import MEMBERSHIP_FIELDS, parse_request
from clinic_terminal.queries.number_lookup import LookupRequest
from eligibility_api.contract.days import MAX_DAY_LENGTH, UnreadableDay, parse_day
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.identifiers import (
    UnreadableIdentifier,
    branch,
    insurer_number,
    membership_key,
)
from eligibility_api.contract.membership import MembershipQuery
from eligibility_api.contract.numbers import MAX_IDENTIFIER_LENGTH, is_my_number
from screens.web.site import redirect

router = APIRouter(prefix="/desk")

_Field = Annotated[str, Form()]
_DAY = "as_of"


@router.get("/number")
def form(request: Request, site: ThisSite, session: Session, again: str = "") -> Response:
    """The form, empty or with the numbers of an earlier question of today."""
    values: dict[str, str] = {}
    if again:
        asked = require_visit(site, again[:64]).asked
        fields = asked.model_dump(mode="json") if asked is not None else {}
        values = {name: value or "" for name, value in fields.items()}
    return _form(request, site, session, values)


@router.post("/number")
def look_up(
    request: Request,
    site: ThisSite,
    session: Session,
    *,
    insurer: Annotated[str, Form(alias="insurer_number")] = "",
    symbol: _Field = "",
    number: _Field = "",
    branch_number: Annotated[str, Form(alias="branch")] = "",
    birth_date: _Field = "",
    as_of: _Field = "",
    limit_certificate: Annotated[bool, Form()] = False,
) -> Response:
    """Ask the fund, and go to the page that waits for the answer; or show what is wrong with the input."""
    values = dict(
        zip(MEMBERSHIP_FIELDS, (insurer, symbol, number, branch_number, birth_date), strict=True)
    ) | {_DAY: as_of}
    agreed = limit_certificate
    if any(is_my_number(text) for text in values.values()):
        faults = {name: "lookup.fault-my-number" for name, text in values.items() if is_my_number(text)}
        kept = {name: "" if name in faults else text[:MAX_IDENTIFIER_LENGTH] for name, text in values.items()}
        return _form(request, site, session, kept, faults, agreed=agreed)
    read = {name: read_field(name, text) for name, text in values.items()}
    faults = {name: fault for name, (_, _, fault) in read.items() if fault}
    values = {name: text for name, (text, _, _) in read.items()}
    if faults:
        return _form(request, site, session, values, faults, agreed=agreed)
    day = parse_day(values[_DAY]) if values[_DAY] else None
    try:
        membership = parse_request(MembershipQuery, {name: values[name] for name in MEMBERSHIP_FIELDS})
    except ShikakuError as error:
        places = {str(one["place"]) for one in error.details.get("errors", ())} or {"number"}
        faults = {name: f"lookup.fault-{name}" for name in values if name in places}
        return _form(
            request, site, session, values, faults or {"number": "lookup.fault-number"}, agreed=agreed
        )
    return _ask(site, session, membership, LookupRequest(day, agreed))


@router.post("/number/read-back")
def read_back(
    request: Request,
    site: ThisSite,
    _: Session,
    name: Annotated[str, Form(max_length=20)],
    value: _Field = "",
) -> Response:
    """What the server understands by a field: its canonical text, and a sentence of it or of what is wrong."""
    if name not in (*MEMBERSHIP_FIELDS, _DAY):
        raise HTTPException(422)
    if is_my_number(value):
        return JSONResponse({"value": "", "text": site.text(request, "lookup.fault-my-number")})
    if not value.strip():
        return JSONResponse({"value": "", "text": ""})
    canonical, text, fault = read_field(name, value)
    return JSONResponse({"value": canonical, "text": site.text(request, fault) if fault else text})


@router.post("/visits/{visit_id}/branch")
def add_branch(
    request: Request, site: ThisSite, session: Session, visit_id: str, branch_number: _Field = ""
) -> Response:
    """Repeat a question that matched several persons, with the branch."""
    visit = require_visit(site, visit_id)
    if visit.asked is None:
        raise HTTPException(409)
    fields = visit.asked.model_dump(mode="json")
    values = {name: fields[name] or "" for name in MEMBERSHIP_FIELDS}
    canonical, _, fault = read_field("branch", branch_number)
    values["branch"] = canonical
    if fault or not canonical:
        return _form(request, site, session, values, {"branch": "lookup.fault-branch"})
    membership = parse_request(MembershipQuery, values)
    return _ask(site, session, membership, LookupRequest(visit.as_of, visit.limit_certificate))


def read_field(name: str, text: str) -> tuple[str, str, str]:
    """A field's canonical text, what is read back of it, and the key of its fault; "" for none.

    With a fault the text is as it was typed, cut where it is longer than any may be.
    """
    if len(text) > MAX_IDENTIFIER_LENGTH:
        return text[:MAX_IDENTIFIER_LENGTH], "", "lookup.fault-long"
    text = text.strip()
    if not text:
        is_missing = name in ("insurer_number", "number", "birth_date")
        return "", "", f"lookup.fault-{name}" if is_missing else ""
    try:
        match name:
            case "insurer_number":
                return insurer_number(text), "", ""
            case "branch":
                return branch(text), "", ""
            case "birth_date" | "as_of":
                day = parse_day(text) if len(text) <= MAX_DAY_LENGTH else _unreadable()
                return day.isoformat(), f"= {era_day(day)}", ""
        return membership_key(text), "", ""
    except (UnreadableIdentifier, UnreadableDay):
        return text, "", f"lookup.fault-{name}"


def _unreadable() -> date:
    raise UnreadableDay


def _ask(site: Pages, session: DeskSession, membership: MembershipQuery, request: LookupRequest) -> Response:
    try:
        return redirect(f"/desk/visits/{site.asking.ask(membership, request, session.name)}")
    except TooManyQuestions as error:
        raise TerminalError("web-overloaded") from error


def _form(
    request: Request,
    site: Pages,
    session: DeskSession,
    values: Mapping[str, str],
    faults: Mapping[str, str] | None = None,
    *,
    agreed: bool = False,
) -> Response:
    read = {name: read_field(name, values.get(name, ""))[1] for name in (*MEMBERSHIP_FIELDS, _DAY)}
    return desk_page(
        request,
        site,
        session,
        "number.html",
        status=422 if faults else 200,
        values=values,
        faults=faults or {},
        fault_list=[(name, site.text(request, fault)) for name, fault in (faults or {}).items()],
        read=read,
        agreed=agreed,
    )
