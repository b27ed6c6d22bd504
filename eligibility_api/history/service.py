"""Reading a history under a permit: one statement, the rules, one page.

A cursor contains the instant as of whose knowledge the first page was answered, so that all pages belong to
one version of the history. Each page is a separate access, checked and recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator
from eligibility_api.consent.access_check import access_parameters
from eligibility_api.consent.access_decision import check_granted
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.emergency_summary import Extent
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.history import CATEGORY_OF, Grouping, HistoryResource
from eligibility_api.domain import dates, medicines
from eligibility_api.domain.checkups import latest_per_day
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.domain.history import HistoryRecord, effective_claims, treatment_rows
from eligibility_api.domain.medicines import MedicineRow
from eligibility_api.domain.provisional import current_entries
from eligibility_api.domain.summary import in_summary
from eligibility_api.eligibility.service import NOTHING_KNOWN_BEFORE
from eligibility_api.history import store
from eligibility_api.history.payloads import (
    DiagnosesDict,
    HealthCheckupsDict,
    HistoryPageDict,
    MedicationsDict,
    TreatmentsDict,
)
from eligibility_api.history.presenter import Presenter, grouped
from eligibility_api.state import State
from eligibility_api.web import cursor

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PermitReference:
    """A permit's id, and the bases of the address under which the request named it."""

    permit_id: UUID
    bases: frozenset[Basis]


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """The requested part of a history; months as their first days."""

    from_month: date | None
    to_month: date | None
    known_at: datetime | None
    limit: int
    after: str | None
    extent: Extent = Extent.FULL


@dataclass(frozen=True, slots=True)
class HistoryRequest:
    """An access to a history: the client, its permit, the operator, and the requested part."""

    caller: Caller
    permit: PermitReference
    operator: Operator
    query: HistoryQuery


@dataclass(frozen=True, slots=True)
class HistoryAnswer:
    """The rows read, and the position of the requested page."""

    read: store.HistoryRows
    instant: datetime
    months: tuple[date, date]
    begins: int
    limit: int
    presenter: Presenter
    extent: Extent

    def claims(self) -> list[HistoryRecord]:
        """The claims that count, each entry replaced by its newest one."""
        return effective_claims((one for one in self.read.known if one.claim_month is not None), self.instant)

    def shows(self, resource: HistoryResource, kind: str, on: date | None, month: date) -> bool:
        """Whether a row belongs to the requested extent (rule W13)."""
        today = day_in_japan(self.read.now)
        return self.extent is Extent.FULL or in_summary(resource, kind, on, month, today)

    def page(self, places: Sequence[T]) -> Sequence[T]:
        """The slice of all rows that this page contains."""
        return places[self.begins : self.begins + self.limit]

    def about(self, total: int) -> HistoryPageDict:
        """The members common to all pages."""
        read, ends = self.read, self.begins + self.limit
        return {
            "record_id": str(read.record_id),
            "answered_at": read.recorded_at,
            "available_until": read.until,
            "from_month": dates.format_month(self.months[0]),
            "to_month": dates.format_month(self.months[1]),
            "total": total,
            "next": cursor.encode((self.instant, ends, 0)) if ends < total else None,
        }


async def medications(
    state: State, request: HistoryRequest, grouping: Grouping, prescriber: str | None
) -> MedicationsDict:
    """Medicines from claims and, with the patient's consent, from prescriptions and dispensings.

    A filter by `prescriber`, and the summary, omit rows; the others keep their row numbers and their marks.
    """
    answer = await _read(state, request, HistoryResource.MEDICATIONS)
    return medications_of(answer, grouping, prescriber)


def medications_of(
    answer: HistoryAnswer, grouping: Grouping = Grouping.NONE, prescriber: str | None = None
) -> MedicationsDict:
    """A page of the medicines in what was read."""
    master = answer.presenter.master
    rows = _medicines(answer)
    marks = medicines.overlap_marks(rows, master.ingredient)
    places: Sequence[int] = [
        place
        for place, row in enumerate(rows, 1)
        if (prescriber is None or row.prescriber == prescriber)
        and answer.shows(HistoryResource.MEDICATIONS, row.known.origin, row.on, row.known.month)
    ]

    def group(place: int) -> medicines.Group:
        return medicines.group_of(rows[place - 1], grouping, master.ingredient)

    if grouping is not Grouping.NONE:
        places = medicines.grouped_order(places, group)
    page = [
        (place, answer.presenter.medicine(place, rows[place - 1], marks)) for place in answer.page(places)
    ]
    if grouping is Grouping.NONE:
        return {**answer.about(len(places)), "medicines": [shown for _, shown in page], "groups": []}
    groups = grouped((group(place), shown) for place, shown in page)
    return {**answer.about(len(places)), "medicines": [], "groups": groups}


def _medicines(answer: HistoryAnswer) -> list[MedicineRow]:
    claims = answer.claims()
    entries = [one for one in answer.read.known if one.claim_month is None]
    first, last = answer.months
    current = current_entries(entries, claims, day_in_japan(answer.instant))
    return medicines.medicine_rows([*claims, *(one for one in current if first <= one.month <= last)])


async def treatments(state: State, request: HistoryRequest, resource: HistoryResource) -> TreatmentsDict:
    """Days of visit with the listed acts, or surgery."""
    return treatments_of(await _read(state, request, resource), resource)


def treatments_of(answer: HistoryAnswer, resource: HistoryResource) -> TreatmentsDict:
    """A page of the treatments, or of the surgery, in what was read."""
    rows = [
        row
        for row in treatment_rows(answer.claims(), CATEGORY_OF[resource])
        if answer.shows(resource, row.kind, row.on, row.known.month)
    ]
    return {**answer.about(len(rows)), "treatments": _show(answer, rows, answer.presenter.treatment)}


async def diagnoses(state: State, request: HistoryRequest) -> DiagnosesDict:
    """Nothing: no provider of this information. The access is checked and recorded like any other."""
    answer = await _read(state, request, HistoryResource.DIAGNOSES)
    return {**answer.about(0), "provider": None, "diagnoses": []}


async def health_checkups(state: State, request: HistoryRequest) -> HealthCheckupsDict:
    """Health check-ups: for each insurer and day the one that was loaded last."""
    return health_checkups_of(await _read(state, request, HistoryResource.HEALTH_CHECKUPS))


def health_checkups_of(answer: HistoryAnswer) -> HealthCheckupsDict:
    """A page of the check-ups in what was read."""
    rows = [
        one
        for one in latest_per_day(answer.read.checkups, answer.instant)
        if answer.shows(HistoryResource.HEALTH_CHECKUPS, "health-checkup", one.examined_on, one.examined_on)
    ]
    return {**answer.about(len(rows)), "checkups": _show(answer, rows, answer.presenter.checkup)}


Row = TypeVar("Row")


def _show(answer: HistoryAnswer, rows: Sequence[Row], show: Callable[[int, Row], T]) -> list[T]:
    """This page's rows in their published form, numbered from 1."""
    return [show(place, row) for place, row in enumerate(answer.page(rows), answer.begins + 1)]


async def _read(state: State, request: HistoryRequest, resource: HistoryResource) -> HistoryAnswer:
    """Check access and read.

    Raises its refusals, `history-months`, `known-at-out-of-range`, `cursor-invalid`.
    """
    query, now, institution = request.query, state.clock(), request.caller.institution()
    if query.known_at is not None and not NOTHING_KNOWN_BEFORE <= query.known_at <= now:
        raise ShikakuError("known-at-out-of-range")
    instant, begins, until = query.known_at, 0, now
    if query.after is not None:
        instant, begins, _ = cursor.decode_position(query.after)
        until = now if query.known_at is not None else min(instant, now)
    asked = dates.resolve_months(
        query.from_month, query.to_month, until=day_in_japan(until), today=day_in_japan(now)
    )
    permit = request.permit
    access = access_parameters(request.caller, permit.permit_id, request.operator, permit.bases)
    read = await store.read_history(
        state.database, resource, permit.bases, access, months=asked, instant=instant
    )
    check_granted(read.outcome)
    assert read.instant is not None
    master = await state.drugs.for_load(state.database, read.drug_load)
    presenter = Presenter(institution, read.now, master)
    return HistoryAnswer(read, read.instant, asked, begins, query.limit, presenter, query.extent)
