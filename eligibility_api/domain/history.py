"""Selects the claims that count at an instant, and lists their lines day by day.

The store decides to whom a claim belongs; medicines are in `medicines.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from eligibility_api.contract.history import CareSetting, Origin
from eligibility_api.domain.claims import Act, Content, DayCounts, Disease
from eligibility_api.domain.dates import day_in_japan

SURGERY = "50"
"""診療識別 of surgery (手術), which is requested separately from other treatment."""


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


class ActRow(NamedTuple):
    """One act on one day."""

    known: HistoryRecord
    act: Act
    on: date | None
    times: int | None


class DiseaseRow(NamedTuple):
    """One diagnosis of one claim."""

    known: HistoryRecord
    disease: Disease


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


def act_rows(claims: Iterable[HistoryRecord], *, surgery: bool) -> list[ActRow]:
    """Acts day by day, newest first: surgery (診療識別 50) only, or everything else (rules H5, H8, H9)."""
    rows = [
        ActRow(known, act, on, times)
        for known in stable_order(claims)
        for act in known.content.acts
        if (act.act == SURGERY) is surgery
        for on, times in per_day(known.month, act.days, act.times)
    ]
    rows.sort(key=lambda row: row.on or row.known.month, reverse=True)
    return rows


def disease_rows(claims: Iterable[HistoryRecord]) -> list[DiseaseRow]:
    """Diagnoses of the newest claims first, in the order of each claim (rule H8)."""
    ordered = sorted(stable_order(claims), key=lambda known: known.month, reverse=True)
    return [DiseaseRow(known, disease) for known in ordered for disease in known.content.diseases]


def stable_order(known: Iterable[HistoryRecord]) -> list[HistoryRecord]:
    """A deterministic order (rule H8).

    Rows made in it and then sorted by day (stable; a row without a day counts as the first of its month) keep
    it within a day.
    """
    return sorted(known, key=lambda one: (one.institution_code, one.origin, one.number))


def age_days(known_from: datetime, answered_on: date) -> int:
    """Days in Japan from the day since which something is known until the day of the answer (rule H10)."""
    return (answered_on - day_in_japan(known_from)).days
