"""The check of duplicate medication (重複投薬等チェック) before medicines are prescribed or dispensed: a call of its own."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from pydantic import ValidationError

from clinic_terminal.console import texts
from clinic_terminal.errors import TerminalError
from clinic_terminal.pages.history.access import permit_for
from clinic_terminal.pages.history.opening import Opened, ThisHistory
from clinic_terminal.pages.history.routes import head
from clinic_terminal.pages.site import Pages, ThisSite
from eligibility_api.contract.claim_codes import ACTS
from eligibility_api.contract.codes import Category
from eligibility_api.contract.days import parse_day
from eligibility_api.contract.duplicate_checks import (
    CheckedMedicine,
    DuplicateCheckAnswer,
    DuplicateCheckRequest,
    DuplicateKind,
    PrescriptionReference,
)
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.history_query import Staff

LINES = 5
"""Medicines of one form."""

MAX_CELL = 20

router = APIRouter(prefix="/history")

_Cells = Annotated[list[Annotated[str, Form(max_length=MAX_CELL)]], Form(max_length=LINES)]
_Cell = Annotated[str, Form(max_length=MAX_CELL)]


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed: per line drug code, act and times; the first day; of a pharmacy the prescription."""

    lines: tuple[tuple[str, str, str], ...] = (("", "21", ""),) * LINES
    day: str = ""
    prescribed_by: str = ""
    prescribed_on: str = ""
    same_institution: bool = False


class Untypable(Exception):
    """A field cannot be understood: its id and the key of the sentence."""

    def __init__(self, field: str, key: str) -> None:
        super().__init__(field)
        self.field, self.key = field, key


@router.get("/{visit_id}/check")
def form(request: Request, site: ThisSite, history: ThisHistory) -> Response:
    """The form of a check."""
    return _page(request, site, history, Typed(day=site.today().isoformat()))


@router.post("/{visit_id}/check")
def check(
    request: Request,
    site: ThisSite,
    history: ThisHistory,
    *,
    code: _Cells,
    act: _Cells,
    times: _Cells,
    day: _Cell = "",
    prescribed_by: _Cell = "",
    prescribed_on: _Cell = "",
    same_institution: Annotated[bool, Form()] = False,
) -> Response:
    """Ask the fund, and show what it found: with consent the medicines, without it the facts alone."""
    lines = tuple(zip(code, act, times, strict=False))
    lines += (("", "21", ""),) * (LINES - len(lines))
    typed = Typed(lines, day, prescribed_by, prescribed_on, same_institution)
    try:
        asked = read(typed, history, consent_of(site, history))
    except Untypable as fault:
        return _page(request, site, history, typed, fault=(fault.field, fault.key))
    by = Staff(history.operator.role, history.operator.name)
    try:
        answer = site.terminal.funds.call(lambda fund: fund.check_duplicates(asked, by))
    except ShikakuError as problem:
        return _page(request, site, history, typed, problem=problem)
    return _page(request, site, history, typed, answer=answer)


def consent_of(site: Pages, history: Opened) -> UUID | None:
    """The consent under which the answer may name medicines, if the patient gave one."""
    try:
        return permit_for(site.terminal, history.visit, Category.PRESCRIPTION).permit_id
    except TerminalError:
        return None


def read(typed: Typed, history: Opened, consent_id: UUID | None) -> DuplicateCheckRequest:
    """The request of what was typed. Raises Untypable."""
    medicines = [_medicine(place, line) for place, line in enumerate(typed.lines) if line[0].strip()]
    if not medicines:
        raise Untypable("code-0", "history.check-no-medicine")
    answer = history.visit.answer
    if answer is None:
        raise Untypable("code-0", "history.check-nobody")
    return DuplicateCheckRequest(
        identified_by=UUID(answer.record_id),
        on=_day(typed.day, "day"),
        prescription=_prescription(typed),
        same_institution=typed.same_institution,
        consent_id=consent_id,
        medicines=medicines,
    )


def _medicine(place: int, line: tuple[str, str, str]) -> CheckedMedicine:
    code, act, times = (_folded(cell) for cell in line)
    if not (times.isascii() and times.isdecimal()):
        raise Untypable(f"times-{place}", "history.check-times")
    try:
        return CheckedMedicine.model_validate({"drug_code": code, "act": act, "times": int(times)})
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        is_code = field == "drug_code"
        raise Untypable(
            f"code-{place}" if is_code else f"times-{place}",
            "history.check-code" if is_code else "history.check-times",
        ) from error


def _prescription(typed: Typed) -> PrescriptionReference | None:
    institution = _folded(typed.prescribed_by)
    if not institution and not typed.prescribed_on.strip():
        return None
    on = _day(typed.prescribed_on, "prescribed-on")
    try:
        return PrescriptionReference.model_validate({"institution_code": institution, "prescribed_on": on})
    except ValidationError as error:
        raise Untypable("prescribed-by", "history.check-institution") from error


def _day(text: str, field: str) -> date:
    try:
        return parse_day(_folded(text))
    except ValueError as error:
        raise Untypable(field, "history.check-day") from error


def _folded(text: str) -> str:
    """A cell in half width, as it is meant however it was typed."""
    return unicodedata.normalize("NFKC", text).strip()


def _page(
    request: Request,
    site: Pages,
    history: Opened,
    typed: Typed,
    *,
    fault: tuple[str, str] | None = None,
    problem: ShikakuError | None = None,
    answer: DuplicateCheckAnswer | None = None,
) -> Response:
    values: dict[str, Any] = head(site, history) | {
        "view": "check",
        "until": None,
        "typed": typed,
        "acts": _ACTS,
        "words": texts,
        "kinds": _KINDS,
        "consented": consent_of(site, history) is not None,
        "fault": fault,
        "problem": problem,
        "answer": answer,
        "facts": _facts(answer),
        "days": _covered(answer),
    }
    status = 422 if fault is not None else 200
    return site.page(request, "history/check.html", history.session, status=status, **values)


def _facts(answer: DuplicateCheckAnswer | None) -> Sequence[tuple[DuplicateKind, bool]]:
    """What was asked, and whether it was found."""
    if answer is None:
        return ()
    return (
        (DuplicateKind.DUPLICATE, answer.duplicate),
        (DuplicateKind.CONTRAINDICATED, answer.contraindicated),
    )


def _covered(answer: DuplicateCheckAnswer | None) -> Sequence[str]:
    """The days of each finding."""
    findings = answer.findings if answer is not None else []
    return [f"{one.other.first_day} ～ {one.other.last_day}" for one in findings]


_ACTS = {code: name for code, name in ACTS.items() if code in {"21", "22", "23", "31", "32", "33"}}
"""診療識別 of what is prescribed."""

_KINDS = {DuplicateKind.DUPLICATE: texts.DUPLICATE, DuplicateKind.CONTRAINDICATED: texts.CONTRAINDICATED}
