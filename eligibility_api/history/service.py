"""Looking at a history under a permit: one statement, the rules, one page.

A page's cursor holds the instant by whose knowledge the first page was answered, so that all pages are of one history.
Each page is a look of its own, through the gate, and on record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator
from eligibility_api.consent.gate import gate_parameters
from eligibility_api.consent.seen import check
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.history import Grouping, HistoryResource
from eligibility_api.domain import dates, medicines
from eligibility_api.domain.checkups import latest_per_day
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.domain.history import HistoryRecord, act_rows, disease_rows, effective_claims
from eligibility_api.domain.medicines import MedicineRow
from eligibility_api.domain.provisional import current_entries
from eligibility_api.eligibility.service import NOTHING_KNOWN_BEFORE
from eligibility_api.history import store
from eligibility_api.history.grouping import grouped
from eligibility_api.history.showing import Shower
from eligibility_api.history.told import (
    DiagnosesTold,
    HealthCheckupsTold,
    MedicationsTold,
    PageTold,
    TreatmentsTold,
)
from eligibility_api.state import State
from eligibility_api.web import cursor

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Permit:
    """By what somebody wants to look: a permit's id, and the bases of the address below which it was named."""

    permit_id: UUID
    bases: frozenset[Basis]


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a history is asked for; months as their first days."""

    from_month: date | None
    to_month: date | None
    known_at: datetime | None
    limit: int
    after: str | None


@dataclass(frozen=True, slots=True)
class Look:
    """A look: who looks, by what, as whom, at which part."""

    caller: Caller
    permit: Permit
    operator: Operator
    part: Part


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was seen, and where the page in question begins."""

    seen: store.Seen
    instant: datetime
    months: tuple[date, date]
    begins: int
    limit: int
    shower: Shower

    def receipts(self) -> list[HistoryRecord]:
        return effective_claims((one for one in self.seen.known if one.claim_month is not None), self.instant)

    def page(self, places: Sequence[T]) -> Sequence[T]:
        """The part of all rows that this page is."""
        return places[self.begins : self.begins + self.limit]

    def about(self, total: int) -> PageTold:
        """What every page says of itself."""
        seen, ends = self.seen, self.begins + self.limit
        return {
            "record_id": str(seen.record_id),
            "answered_at": seen.recorded_at,
            "available_until": seen.until,
            "from_month": dates.format_month(self.months[0]),
            "to_month": dates.format_month(self.months[1]),
            "total": total,
            "next": cursor.encode((self.instant, ends, 0)) if ends < total else None,
        }


async def medications(
    state: State, look: Look, grouping: Grouping, prescriber: str | None
) -> MedicationsTold:
    """Medicines out of receipts, and where the patient allowed it of prescriptions and dispensings at once.

    A filter by `prescriber` leaves rows out; the others keep their places, and their marks.
    """
    answer = await _look(state, look, HistoryResource.MEDICATIONS)
    master = answer.shower.master
    rows = _medicines(answer)
    marks = medicines.duplicate_marks(rows, master.ingredient)
    places: Sequence[int] = [
        place for place, row in enumerate(rows, 1) if prescriber is None or row.prescriber == prescriber
    ]

    def group(place: int) -> medicines.Group:
        return medicines.group_of(rows[place - 1], grouping, master.ingredient)

    if grouping is not Grouping.NONE:
        places = medicines.grouped_order(places, group)
    page = [(place, answer.shower.medicine(place, rows[place - 1], marks)) for place in answer.page(places)]
    if grouping is Grouping.NONE:
        return {**answer.about(len(places)), "medicines": [shown for _, shown in page], "groups": []}
    groups = grouped((group(place), shown) for place, shown in page)
    return {**answer.about(len(places)), "medicines": [], "groups": groups}


def _medicines(answer: _Answer) -> list[MedicineRow]:
    receipts = answer.receipts()
    entries = [one for one in answer.seen.known if one.claim_month is None]
    first, last = answer.months
    shown = current_entries(entries, receipts, day_in_japan(answer.instant))
    return medicines.medicine_rows([*receipts, *(one for one in shown if first <= one.month <= last)])


async def treatments(state: State, look: Look, *, surgery: bool) -> TreatmentsTold:
    """Acts of treatment without surgery, or surgery alone."""
    answer = await _look(state, look, HistoryResource.SURGERIES if surgery else HistoryResource.TREATMENTS)
    rows = act_rows(answer.receipts(), surgery=surgery)
    return {**answer.about(len(rows)), "treatments": _show(answer, rows, answer.shower.treatment)}


async def diagnoses(state: State, look: Look) -> DiagnosesTold:
    """Diagnoses, receipt by receipt."""
    answer = await _look(state, look, HistoryResource.DIAGNOSES)
    rows = disease_rows(answer.receipts())
    return {**answer.about(len(rows)), "diagnoses": _show(answer, rows, answer.shower.diagnosis)}


async def health_checkups(state: State, look: Look) -> HealthCheckupsTold:
    """Health check-ups: of one insurer and day the one that was loaded last."""
    answer = await _look(state, look, HistoryResource.HEALTH_CHECKUPS)
    rows = latest_per_day(answer.seen.checkups, answer.instant)
    return {**answer.about(len(rows)), "checkups": _show(answer, rows, answer.shower.checkup)}


Row = TypeVar("Row")


def _show(answer: _Answer, rows: Sequence[Row], show: Callable[[int, Row], T]) -> list[T]:
    """This page's rows as they are published, with their places from 1."""
    return [show(place, row) for place, row in enumerate(answer.page(rows), answer.begins + 1)]


async def _look(state: State, look: Look, what: HistoryResource) -> _Answer:
    """Through the gate to what is known. Raises its refusals, `history-months`, `known-at-out-of-range`, `cursor-invalid`."""
    part, now, institution = look.part, state.clock(), look.caller.institution()
    if part.known_at is not None and not NOTHING_KNOWN_BEFORE <= part.known_at <= now:
        raise ShikakuError("known-at-out-of-range")
    instant, begins, until = part.known_at, 0, now
    if part.after is not None:
        instant, begins, _ = cursor.place(part.after)
        until = now if part.known_at is not None else min(instant, now)
    asked = dates.resolve_months(
        part.from_month, part.to_month, until=day_in_japan(until), today=day_in_japan(now)
    )
    gate = gate_parameters(look.caller, look.permit.permit_id, look.operator, look.permit.bases)
    seen = await store.look_up(state.database, what, look.permit.bases, gate, months=asked, instant=instant)
    check(seen.outcome)
    assert seen.instant is not None
    master = await state.drugs.of_load(state.database, seen.drug_load)
    shower = Shower(institution, seen.now, master)
    return _Answer(seen, seen.instant, asked, begins, part.limit, shower)
