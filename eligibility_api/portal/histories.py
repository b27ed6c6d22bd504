"""Her medicines, treatments and check-ups: the statements and rules of a history, for the person of a session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache  # noqa: TID251 - of codes: there are five
from typing import Generic, TypeVar

from eligibility_api.contract.emergency_summary import Extent
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.history import HistoryResource, Origin
from eligibility_api.domain.dates import MAX_MONTHS_BACK, day_in_japan, months_before, resolve_months
from eligibility_api.domain.own_access import digest_of
from eligibility_api.history.payloads import HealthCheckupDict, MedicineDict, TreatmentDict
from eligibility_api.history.presenter import Presenter
from eligibility_api.history.service import (
    HistoryAnswer,
    health_checkups_of,
    medications_of,
    treatments_of,
)
from eligibility_api.history.store import history_rows, reading_statement, rows_read
from eligibility_api.portal.store import SESSION_CHECK, OwnSession, recorded_cte, session_of
from eligibility_api.state import State

MAX_ROWS = 1_000
"""Rows of one page; the page says how many there are."""

_FIRST, _LAST = "$2::date", "$3::date"
_SESSION = "SELECT * FROM own_session($1)"

_MONTHS_OF_ENTRIES = 4
"""Entries are shown for a hundred days: the oldest ones are of the fourth month before."""

Row = TypeVar("Row")
Rows = tuple[Sequence[Row], int]
"""Rows of a page, and how many there are in all."""


@dataclass(frozen=True, slots=True)
class HistoryPage(Generic[Row]):
    """A part of her history: the months, the rows newest first, and how many there are."""

    session: OwnSession
    months: tuple[date, date]
    rows: list[Row]
    total: int


@cache
def statement(resource: HistoryResource) -> str:
    """The statement of a resource. Parameters: the digest of the session's token, first and last month."""
    detail = [f"'months', jsonb_build_array({_FIRST}, {_LAST})", *rows_read(resource)]
    return reading_statement(
        resource,
        check=SESSION_CHECK,
        recorded=recorded_cte(resource.value, detail="".join(f", {part}" for part in detail)),
        months=(_FIRST, _LAST),
    )


async def medicines(state: State, token: str, months: int) -> HistoryPage[MedicineDict]:
    """Medicines of claims, prescriptions and dispensings of the last `months`."""

    def rows_of(answer: HistoryAnswer) -> Rows[MedicineDict]:
        page = medications_of(answer)
        return page["medicines"], page["total"]

    return await _read(state, token, HistoryResource.MEDICATIONS, months, rows_of)


async def prescriptions(state: State, token: str) -> HistoryPage[MedicineDict]:
    """Prescriptions and dispensings that were recorded at once, and that no claim has replaced yet."""

    def rows_of(answer: HistoryAnswer) -> Rows[MedicineDict]:
        rows = [row for row in medications_of(answer)["medicines"] if row["origin"] != Origin.CLAIM]
        return rows, len(rows)

    return await _read(state, token, HistoryResource.MEDICATIONS, _MONTHS_OF_ENTRIES, rows_of)


async def treatments(
    state: State, token: str, resource: HistoryResource, months: int
) -> HistoryPage[TreatmentDict]:
    """Treatments, or surgery."""

    def rows_of(answer: HistoryAnswer) -> Rows[TreatmentDict]:
        page = treatments_of(answer, resource)
        return page["treatments"], page["total"]

    return await _read(state, token, resource, months, rows_of)


async def checkups(state: State, token: str) -> HistoryPage[HealthCheckupDict]:
    """Health check-ups of five years."""

    def rows_of(answer: HistoryAnswer) -> Rows[HealthCheckupDict]:
        page = health_checkups_of(answer)
        return page["checkups"], page["total"]

    return await _read(state, token, HistoryResource.HEALTH_CHECKUPS, MAX_MONTHS_BACK, rows_of)


async def _read(
    state: State,
    token: str,
    resource: HistoryResource,
    months: int,
    rows_of: Callable[[HistoryAnswer], Rows[Row]],
) -> HistoryPage[Row]:
    """One statement, the rules, one page. Raises `own-session-ended` and `card-not-usable`."""
    digest, today = digest_of(token), day_in_japan(state.clock())
    asked = resolve_months(
        months_before(today.replace(day=1), months), today.replace(day=1), until=today, today=today
    )
    sessions = await state.database.fetch(_SESSION, [digest])
    rows = await state.database.fetch(statement(resource), [digest, *asked])
    if not sessions or not rows:
        raise ShikakuError("own-session-ended")
    read = history_rows(resource, rows)
    if read.outcome != "answered":
        raise ShikakuError(read.outcome)
    assert read.instant is not None
    presenter = Presenter("", read.now, await state.drugs.for_load(state.database, read.drug_load))
    answer = HistoryAnswer(read, read.instant, asked, 0, MAX_ROWS, presenter, Extent.FULL)
    shown, total = rows_of(answer)
    return HistoryPage(session_of(sessions[0], sessions[0]["facility_name"]), asked, list(shown), total)
