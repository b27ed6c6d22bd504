"""Selects the claims that count at an instant, and lists their lines day by day.

The store decides to whom a claim belongs; medicines are in `medicines.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from eligibility_api.contract.codes import Category
from eligibility_api.contract.history import CareSetting, Origin
from eligibility_api.contract.treatment_kinds import TREATMENT_KINDS, TreatmentKind, kind_of
from eligibility_api.domain.claims import Act, Content, DayCounts
from eligibility_api.domain.dates import day_in_japan


class HistoryRecord(NamedTuple):
    """A claim, a dispensing or a prescription as the fund knows it."""

    number: int
    """The store's number; within one origin a greater one was stored later."""
    origin: Origin
    known_from: datetime
    """Since when it shows; a claim from the 11th of its claim month, or its later arrival (rule H1)."""
    identity: bytes
    """Equal for versions of one claim (`claims.Claim.identity`); empty for an entry."""
    institution_code: str
    setting: CareSetting
    month: date
    """Month of treatment."""
    claim_month: date | None
    content: Content
    prescribed_on: date | None = None
    """For an entry; a claim has it per drug."""
    dispensed_on: date | None = None
    reader_version: int | None = None
    """The version of the reader that read a claim (`claims.READER_VERSION`, rule H18)."""

    @property
    def entry_day(self) -> date | None:
        """The day of a dispensing or a prescription itself."""
        return self.dispensed_on or self.prescribed_on


class TreatmentRow(NamedTuple):
    """One act on one day, or a day of visit."""

    known: HistoryRecord
    kind: TreatmentKind
    act: Act | None
    """None for a visit."""
    on: date | None
    times: int | None


def effective_claims(claims: Iterable[HistoryRecord], instant: datetime) -> list[HistoryRecord]:
    """The claims that count at `instant`: of each identity the one that began to show last (rule H2).

    Of two that began together, the one stored last. A claim that shows after `instant` does not count yet:
    until then the one that it replaces counts.
    """
    newest: dict[bytes, HistoryRecord] = {}
    for claim in claims:
        if claim.known_from > instant:
            continue
        former = newest.get(claim.identity)
        if former is None or (former.known_from, former.number) < (claim.known_from, claim.number):
            newest[claim.identity] = claim
    return list(newest.values())


_AFTER_THE_FIRST = [timedelta(days=day - 1) for day in range(32)]


def per_day(month: date, days: DayCounts, times: int | None) -> Sequence[tuple[date | None, int | None]]:
    """The days of a line with their counts; one total without a day if the claim gives none (rule H5)."""
    if not days:
        return ((None, times),)
    return [(month + _AFTER_THE_FIRST[day], count) for day, count in days]


def treatment_rows(claims: Iterable[HistoryRecord], category: Category) -> list[TreatmentRow]:
    """The rows of treatments, or of surgery, newest first (rules H5, H8, H9).

    Each day's visit comes before its acts.
    """
    rows: list[TreatmentRow] = []
    for known in stable_order(claims):
        if category is TREATMENT_KINDS[TreatmentKind.VISIT].category:
            rows += _visits(known)
        rows += _acts(known, category)
    rows.sort(key=lambda row: row.on or row.known.month, reverse=True)
    return rows


def _acts(known: HistoryRecord, category: Category) -> Iterator[TreatmentRow]:
    for act in known.content.acts:
        kind = kind_of(act.act, act.code)
        if kind is not None and TREATMENT_KINDS[kind].category is category:
            for on, times in per_day(known.month, act.days, act.times):
                yield TreatmentRow(known, kind, act, on, times)


def _visits(known: HistoryRecord) -> Iterator[TreatmentRow]:
    """The days on which a medical claim counts an act; the month if it names none (rule H9)."""
    if known.setting is CareSetting.PHARMACY or not known.content.acts:
        return
    days = {day for act in known.content.acts for day, _ in act.days}
    for day in sorted(days) or (None,):
        on = known.month + _AFTER_THE_FIRST[day] if day is not None else None
        yield TreatmentRow(known, TreatmentKind.VISIT, None, on, None)


def stable_order(known: Iterable[HistoryRecord]) -> list[HistoryRecord]:
    """A deterministic order (rule H8).

    Rows made in it and then sorted by day (stable; a row without a day counts as the first of its month) keep
    it within a day.
    """
    return sorted(known, key=lambda one: (one.institution_code, one.origin, one.number))


def age_days(known_from: datetime, answered_on: date) -> int:
    """Days in Japan from the day since which something is known until the day of the answer (rule H10)."""
    return (answered_on - day_in_japan(known_from)).days
