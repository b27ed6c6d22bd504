"""Prescriptions and dispensings to register, by a doctor, dentist or pharmacist: entered, checked for duplicates, registered.

Registering cannot be undone, so that it takes two acts: what was checked (重複投薬等チェック) is shown once more, and exactly that
is registered. Where the check could not be done for technical reasons, it can be registered without.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, NamedTuple
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from clinic_terminal.console import texts
from clinic_terminal.pages.endpoints.history.opening import Opened, ThisHistory
from clinic_terminal.pages.endpoints.history.views import PATIENCE_SECONDS, ends, head
from clinic_terminal.pages.history.access import Part, View, permit_for
from clinic_terminal.pages.history.choice import all_rows
from clinic_terminal.pages.history.reading import CheckedEntry
from clinic_terminal.pages.history.typed_entry import (
    LINES,
    MAX_LINES,
    Entry,
    TypedEntry,
    TypedLine,
    Untypable,
    kinds_of,
    of_prescription,
    read,
    usage_of,
)
from clinic_terminal.pages.site import Pages, ThisSite
from clinic_terminal.queries import medicines
from clinic_terminal.store.records import Permit
from eligibility_api.contract.claim_codes import ACTS, USAGES
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Category
from eligibility_api.contract.duplicate_checks import DuplicateCheckAnswer, DuplicateKind
from eligibility_api.contract.errors import ErrorKind, ShikakuError
from eligibility_api.contract.history import HistoryResource, Institution, Medications, Medicine, Origin
from eligibility_api.contract.history_query import Staff
from eligibility_api.contract.prescriptions import DispensingRequest, EntryAnswer, OnSiteRequest
from screens.web.site import redirect

router = APIRouter(prefix="/history")

_Cell = Annotated[str, Form()]
_Cells = Annotated[list[str], Form(max_length=MAX_LINES)]


class OpenPrescription(NamedTuple):
    """A prescription on record that no dispensing has replaced: its institution, day and rows."""

    institution: Institution
    on: date
    rows: Sequence[Medicine]


@router.get("/{visit_id}/entry")
def form(request: Request, site: ThisSite, history: ThisHistory) -> Response:
    """The form, and the entry that was registered last."""
    return _page(request, site, history, _empty(site, history))


@router.post("/{visit_id}/entry/from")
def dispense(
    request: Request,
    site: ThisSite,
    history: ThisHistory,
    *,
    institution: _Cell,
    on: Annotated[date, Form()],
) -> Response:
    """The form, filled from a prescription on record. A 404 where there is none any more."""
    for one in open_prescriptions(_medications(history)):
        if (one.institution.institution_code, one.on) == (institution, on):
            return _page(request, site, history, of_prescription(one.rows, site.today()))
    raise HTTPException(404)


@router.post("/{visit_id}/entry")
def check(
    request: Request,
    site: ThisSite,
    history: ThisHistory,
    *,
    code: _Cells,
    act: _Cells,
    quantity: _Cells,
    usage: _Cells,
    times: _Cells,
    instruction: _Cells,
    kind: Annotated[Origin, Form()],
    day: _Cell = "",
    prescribed_by: _Cell = "",
    prescriber_name: _Cell = "",
    prescribed_on: _Cell = "",
    same_institution: Annotated[bool, Form()] = False,
    more: Annotated[bool, Form()] = False,
) -> Response:
    """Ask the fund, and show what it found: with consent the medicines, without it the facts; or add empty lines."""
    if kind not in kinds_of(history.operator.role):
        raise HTTPException(403)
    lines = tuple(
        TypedLine(*cells) for cells in zip(code, act, quantity, usage, times, instruction, strict=False)
    )
    if more:
        lines = (lines + (TypedLine(),) * LINES)[:MAX_LINES]
    typed = TypedEntry(kind, day, lines, prescribed_by, prescriber_name, prescribed_on, same_institution)
    history.reading.checked = None
    if more:
        return _page(request, site, history, typed)
    if history.visit.answer is None:
        return _page(request, site, history, typed, fault=("code-0", "history.check-nobody"))
    try:
        consent = consent_of(site, history)
        consent_id = consent.permit_id if consent is not None else None
        entry = read(typed, UUID(history.visit.answer.record_id), consent_id)
    except Untypable as fault:
        return _page(request, site, history, typed, fault=(fault.field, fault.key))
    checked = _checked(site, history, typed, entry)
    history.reading.checked = replace(checked, until=consent.available_until if consent is not None else None)
    return _page(request, site, history, typed)


@router.post("/{visit_id}/entry/register")
def register(
    request: Request, site: ThisSite, history: ThisHistory, key: Annotated[str, Form(max_length=36)] = ""
) -> Response:
    """Register what was checked under this key; sent twice, it is registered once."""
    checked = history.reading.checked
    if checked is None or checked.key != key or not may_register(checked):
        return _page(request, site, history, _empty(site, history), fault=("code-0", "history.entry-stale"))
    if checked.registered is None:
        try:
            answer = site.terminal.funds.call(lambda fund: _send(fund, history, checked))
        except ShikakuError as problem:
            return _page(request, site, history, checked.typed, problem=problem)
        history.reading.checked = replace(checked.without_findings(), registered=answer)
        history.reading.ask_again(View.MEDICINES)
    return redirect(f"{history.path}/entry")


def may_register(checked: CheckedEntry) -> bool:
    """Whether an entry may be registered: it was checked, or the check could not be done for technical reasons."""
    return checked.problem is None or checked.problem.entry.kind is ErrorKind.TECHNICAL


def consent_of(site: Pages, history: Opened) -> Permit | None:
    """The consent under which the answer may name medicines, if the patient gave one."""
    try:
        return permit_for(site.terminal, history.visit, Category.PRESCRIPTION)
    except ShikakuError:
        return None


def open_prescriptions(part: Part | None) -> list[OpenPrescription]:
    """The prescriptions of a list of medicines, newest first: the fund leaves out those that were dispensed."""
    if part is None or not isinstance(part.page, Medications):
        return []
    found: dict[tuple[str, date], list[Medicine]] = {}
    for row in all_rows(part.page):
        if row.origin is Origin.PRESCRIPTION and row.on is not None:
            found.setdefault((row.institution.institution_code, row.on), []).append(row)
    return [
        OpenPrescription(rows[0].institution, on, rows)
        for (_, on), rows in sorted(found.items(), key=lambda one: one[0][1], reverse=True)
    ]


def _checked(site: Pages, history: Opened, typed: TypedEntry, entry: Entry) -> CheckedEntry:
    by = Staff(history.operator.role, history.operator.name)
    try:
        found = site.terminal.funds.call(lambda fund: fund.check_duplicates(entry.check, by))
    except ShikakuError as problem:
        return CheckedEntry(str(uuid4()), typed, entry, problem=problem)
    return CheckedEntry(str(uuid4()), typed, entry, found)


def _send(fund: FundClient, history: Opened, checked: CheckedEntry) -> EntryAnswer:
    by, request = Staff(history.operator.role, history.operator.name), checked.entry.request
    if isinstance(request, DispensingRequest):
        return fund.record_dispensing(request, by, checked.key)
    if isinstance(request, OnSiteRequest):
        return fund.record_on_site(request, by, checked.key)
    return fund.record_prescription(request, by, checked.key)


def _empty(site: Pages, history: Opened) -> TypedEntry:
    return TypedEntry(kinds_of(history.operator.role)[0], site.today().isoformat())


def _medications(history: Opened) -> Part | None:
    """The patient's list of medicines; None while it is on its way."""
    parts = history.reading.parts(View.MEDICINES, PATIENCE_SECONDS)
    return parts[HistoryResource.MEDICATIONS] if parts is not None else None


def _names(typed: TypedEntry, checked: CheckedEntry | None, listed: Sequence[Part]) -> dict[str, str]:
    """The names of the medicines on the page, from these lists of the patient's."""
    codes = {line.code for line in typed.lines}
    codes |= {one.drug_code for one in checked.entry.medicines} if checked is not None else set()
    pages = [part.page for part in listed]
    rows = [row for page in pages if isinstance(page, Medications) for row in all_rows(page)]
    return {row.drug_code: row.name for row in rows if row.name and row.drug_code in codes}


def _page(
    request: Request,
    site: Pages,
    history: Opened,
    typed: TypedEntry,
    *,
    fault: tuple[str, str] | None = None,
    problem: ShikakuError | None = None,
) -> Response:
    typed, checked = typed.cut(), history.reading.checked
    listed = _medications(history) if typed.kind is Origin.DISPENSING else None
    known = history.reading.known_medicines()
    names = _names(typed, checked, known)
    # What is on the page under a consent: the open prescriptions, names out of the history, and the findings.
    shown = [part.until for part in (listed,) if part is not None and part.page is not None]
    shown += [part.until for part in known] if names else []
    shown += [checked.until] if checked is not None and checked.findings else []
    values: dict[str, Any] = head(site, history) | {
        "view": "entry",
        **ends(shown, site.terminal.clock()),
        "target": f"{history.path}/entry",
        "typed": typed,
        "kinds": kinds_of(history.operator.role),
        "acts": _ACTS,
        "usages": [name for name in USAGES.values() if name],
        "words": texts,
        "found_kinds": _KINDS,
        "consented": consent_of(site, history) is not None,
        "listed": listed,
        "prescriptions": open_prescriptions(listed),
        "checked": checked,
        "may_register": checked is not None and checked.registered is None and may_register(checked),
        "names": names,
        "usage_of": usage_of,
        "oral": medicines.ORAL,
        "fault": fault,
        "problem": problem,
        "facts": _facts(checked.found if checked is not None else None),
    }
    status = 422 if fault is not None else 200
    return site.page(request, "history/entry.html", history.session, status=status, **values)


def _facts(answer: DuplicateCheckAnswer | None) -> Sequence[tuple[DuplicateKind, bool]]:
    """What was asked, and whether it was found."""
    if answer is None:
        return ()
    return (
        (DuplicateKind.DUPLICATE, answer.duplicate),
        (DuplicateKind.CONTRAINDICATED, answer.contraindicated),
    )


_ACTS = {code: name for code, name in ACTS.items() if code in {"21", "22", "23", "31", "32", "33"}}
"""診療識別 of what is prescribed."""

_KINDS = {DuplicateKind.DUPLICATE: texts.DUPLICATE, DuplicateKind.CONTRAINDICATED: texts.CONTRAINDICATED}
