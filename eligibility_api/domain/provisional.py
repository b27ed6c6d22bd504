"""Selects provisional entries: prescriptions and dispensings that no claim has replaced (OQS 7.2).

Most reliable is the claim, then the dispensing, then the prescription. Of one patient, institution and day
the more reliable one replaces all the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from eligibility_api.contract.history import CareSetting, Origin
from eligibility_api.domain.history import HistoryRecord, per_day

DISPLAY_PERIOD = timedelta(days=100)
"""How long after its day an entry shows (OQS 7.3, rule H6); by then its claim has arrived."""

InstitutionDay = tuple[str | None, date | None]
"""An institution and a day."""


def current_entries(
    entries: Sequence[HistoryRecord], claims: Iterable[HistoryRecord], today: date
) -> list[HistoryRecord]:
    """The entries that show on `today` in addition to `claims` (those that count; rule H6).

    A dispensing is replaced by a claim of its pharmacy with its day of dispensing; a prescription by a claim
    or a dispensing that names its prescriber and day of prescribing, or by a claim of its own institution for
    that day.
    """
    if not entries:
        return []
    dispensed: set[InstitutionDay] = set()
    prescribed: set[InstitutionDay] = set()
    for claim in claims:
        _note(claim, dispensed, prescribed)
    for entry in entries:
        if entry.origin is Origin.DISPENSING:
            prescribed.add((entry.content.prescriber_code, entry.prescribed_on))
    return [
        entry
        for entry in entries
        if _recent(entry, today) and _place(entry) not in (dispensed if entry.dispensed_on else prescribed)
    ]


def _note(claim: HistoryRecord, dispensed: set[InstitutionDay], prescribed: set[InstitutionDay]) -> None:
    content = claim.content
    for drug in content.drugs:
        if claim.setting is CareSetting.PHARMACY:
            dispensed.add((claim.institution_code, drug.dispensed_on))
            prescribed.add((content.prescriber_code, drug.prescribed_on))
        else:
            days = per_day(claim.month, drug.days, drug.times)
            prescribed.update((claim.institution_code, day) for day, _ in days)


def _place(entry: HistoryRecord) -> InstitutionDay:
    return entry.institution_code, entry.entry_day


def _recent(entry: HistoryRecord, today: date) -> bool:
    return entry.entry_day is not None and today <= entry.entry_day + DISPLAY_PERIOD


def valid_entry_days(today: date, prescribed_on: date, dispensed_on: date | None = None) -> bool:
    """Whether an entry's days are in order, not in the future, and recent enough to show (rule W11)."""
    last = dispensed_on or prescribed_on
    return today - DISPLAY_PERIOD <= prescribed_on <= last <= today
