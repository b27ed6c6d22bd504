"""Selects provisional entries: prescriptions and dispensings that no claim has replaced (OQS 7.2).

Most reliable is the claim, then the dispensing, then the prescription. Of one patient, institution and day
the more reliable one replaces all the others. A medicine dispensed on-site (院内処方) is replaced by its
institution's own claim only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from eligibility_api.contract.history import CareSetting, Origin
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.domain.history import HistoryRecord, per_day

DISPLAY_PERIOD = timedelta(days=100)
"""How long after its registration an entry shows (rule H6); by then its claim has arrived."""

MAX_ENTRY_AGE = timedelta(days=100)
"""How long after its day an entry may be registered (rule W11)."""

InstitutionDay = tuple[str | None, date | None]
"""An institution and a day."""


def current_entries(
    entries: Sequence[HistoryRecord], claims: Iterable[HistoryRecord], today: date
) -> list[HistoryRecord]:
    """The entries that show on `today` in addition to `claims` (those that count; rule H6).

    A dispensing is replaced by a claim of its pharmacy with its day of dispensing; a prescription by a claim
    or a dispensing that names its prescriber and day of prescribing, or by a claim of its own institution for
    that day; what was dispensed on-site by the latter only.
    """
    if not entries:
        return []
    replaced: dict[Origin, set[InstitutionDay]] = {origin: set() for origin in Origin}
    for claim in claims:
        _note(claim, replaced)
    for entry in entries:
        if entry.origin is Origin.DISPENSING:
            replaced[Origin.PRESCRIPTION].add((entry.content.prescriber_code, entry.prescribed_on))
    return [
        entry for entry in entries if _recent(entry, today) and _place(entry) not in replaced[entry.origin]
    ]


def _note(claim: HistoryRecord, replaced: dict[Origin, set[InstitutionDay]]) -> None:
    """Note the institutions and days whose entries a claim replaces, by the entries' origin."""
    content = claim.content
    for drug in content.drugs:
        if claim.setting is CareSetting.PHARMACY:
            replaced[Origin.DISPENSING].add((claim.institution_code, drug.dispensed_on))
            replaced[Origin.PRESCRIPTION].add((content.prescriber_code, drug.prescribed_on))
        else:
            days = per_day(claim.month, drug.days, drug.times)
            own = {(claim.institution_code, day) for day, _ in days}
            replaced[Origin.PRESCRIPTION] |= own
            replaced[Origin.ON_SITE] |= own


def _place(entry: HistoryRecord) -> InstitutionDay:
    return entry.institution_code, entry.entry_day


def _recent(entry: HistoryRecord, today: date) -> bool:
    return today <= day_in_japan(entry.known_from) + DISPLAY_PERIOD


def valid_entry_days(today: date, prescribed_on: date, dispensed_on: date | None = None) -> bool:
    """Whether an entry's days are in order, not in the future, and recent (rule W11)."""
    last = dispensed_on or prescribed_on
    return today - MAX_ENTRY_AGE <= prescribed_on <= last <= today
